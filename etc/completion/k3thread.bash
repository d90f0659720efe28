# k3thread completion for bash; "k3thread completion bash" printed it.
_k3thread() {
    local line=${COMP_LINE:0:COMP_POINT} words=() reply=() blanks word whole i
    # bash also splits words at = and :. Here only blanks separate words.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        blanks=${line%%[![:blank:]]*}
        line=${line#"$blanks"}
        line=${line#"$word"}
        if ((i == 0)) || [[ -n $blanks || -z $word ]]; then
            words+=("$word")
        else
            words[${#words[@]} - 1]+=$word
        fi
    done
    whole=${words[${#words[@]} - 1]}
    word=${COMP_WORDS[COMP_CWORD]}
    mapfile -t reply < <("${words[0]}" completion --at -- "${words[@]:1}" 2>/dev/null)
    COMPREPLY=()
    case ${reply[0]} in
    files) compopt -o default 2>/dev/null ;;
    directories)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        ;;
    programs) mapfile -t COMPREPLY < <(compgen -c -- "$word") ;;
    words)
        for i in "${reply[@]:1}"; do
            i=${i%%$'\t'*}
            # A word that ends with : is continued.
            [[ $i != *: ]] || compopt -o nospace 2>/dev/null
            [[ $i != "$whole"* ]] || COMPREPLY+=("$(printf %q "${i:${#whole}-${#word}}")")
        done
        ;;
    esac
}
complete -F _k3thread k3thread

#compdef k3thread
# k3thread completion for zsh; "k3thread completion zsh" printed it.
_k3thread() {
    local -a reply candidates suffix
    local line
    reply=("${(@f)$("${(Q)words[1]}" completion --at -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    case $reply[1] in
    files) _files ;;
    directories) _files -/ ;;
    programs) _command_names -e ;;
    words)
        for line in "${(@)reply[2,-1]}"; do
            [[ ${line%%$'\t'*} != *: ]] || suffix=(-S '')
            candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        done
        _describe -t k3thread k3thread candidates "${(@)suffix}"
        ;;
    esac
}
if [ "$funcstack[1]" = _k3thread ]; then
    _k3thread "$@"
else
    compdef _k3thread k3thread
fi

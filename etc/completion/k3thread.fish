# k3thread completion for fish; "k3thread completion fish" printed it.
function __k3thread_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l reply ($words[1] completion --at -- $words[2..-1] 2>/dev/null)
    switch "$reply[1]"
        case files
            __fish_complete_path (commandline -ct)
        case directories
            __fish_complete_directories (commandline -ct)
        case programs
            __fish_complete_command
        case words
            printf '%s\n' $reply[2..-1]
    end
end
complete -c k3thread -f -a '(__k3thread_complete)'

# fish completion for nb. The words come from `nb __complete`, which knows all commands, flags,
# profiles, and the tables of local databases; this script only fits them to fish.

function __nb_complete
    # Since fish 4 -x gives the words without quotes; before it -o did.
    set -l words (commandline -xpc 2>/dev/null; or commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l answer ($program __complete fish -- $words $current 2>/dev/null)
    set -l directive (string split ' ' -- $answer[1])
    set -e answer[1]
    test (count $answer) -gt 0; and printf '%s\n' $answer

    # Never an empty list: that would make the product with the paths empty.
    set -l prefix (string match -r -- '^--[^=]*=' $current; or echo '')
    set -l path (string replace -r -- '^--[^=]*=' '' $current)
    switch "$directive[1]"
        case directories
            printf '%s\n' $prefix(__fish_complete_directories $path)
        case files
            printf '%s\n' $prefix(__fish_complete_path $path)
    end
end

complete -c nb -e
complete -c nb -f -k -a '(__nb_complete)'

# bash completion for nb. The words come from `nb __complete`, which knows all commands, flags,
# profiles, and the tables of local databases; this script only fits them to bash.

_nb() {
  # bash splits words also at the characters of COMP_WORDBREAKS (= : @); nb wants them whole.
  local line=${COMP_LINE:0:COMP_POINT} words=() piece index
  for ((index = 0; index <= COMP_CWORD; index++)); do
    piece=${COMP_WORDS[index]}
    if [[ ${#words[@]} -eq 0 || $line == [[:space:]]* ]]; then
      line=${line#"${line%%[![:space:]]*}"}
      words+=("")
    fi
    if ((index == COMP_CWORD)); then piece=$line; fi
    words[${#words[@]} - 1]+=$piece
    line=${line:${#piece}}
  done
  local current=${words[${#words[@]} - 1]} program=${words[0]/#\~\//$HOME/}

  local answer=()
  mapfile -t answer < <("$program" __complete bash -- "${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  for line in "${answer[@]:1}"; do
    COMPREPLY+=("${line%%$'\t'*}")
  done
  # A header field goes on behind its colon.
  if [[ ${COMPREPLY[0]-} == [[:alpha:]]*: ]]; then compopt -o nospace 2>/dev/null; fi
  _nb_paths "${answer[0]-}" "$current"

  # bash replaces only the end of the word, which it gives as $2, so only that may be offered.
  local kept=${current%"$2"}
  COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}

# Adds the paths that the first line of nb's answer asks for.
_nb_paths() {
  local kind=${1%% *} endings=${1#* } prefix='' path=$2 found=() ending
  case $kind in files | directories) ;; *) return ;; esac
  if [[ $2 == --*=* ]]; then
    prefix=${2%%=*}=
    path=${2#*=}
  fi
  # The name itself, without the quotes of the unfinished word.
  path=${path#[\'\"]} path=${path//\\/}
  compopt -o filenames 2>/dev/null
  mapfile -t found < <(compgen -d -- "$path")
  if [[ $kind == files ]]; then
    if [[ $endings != "$kind" ]]; then
      for ending in $endings; do
        mapfile -t -O ${#found[@]} found < <(compgen -f -X "!*.$ending" -- "$path")
      done
    fi
    if [[ $endings == "$kind" || ${#found[@]} -eq 0 ]]; then
      mapfile -t found < <(compgen -f -- "$path")
    fi
  fi
  COMPREPLY+=("${found[@]/#/$prefix}")
}

complete -o nosort -F _nb nb

# bash completion of simgan: commands, flags, config keys and values; files elsewhere.
_simgan() {
  local cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]:0:COMP_CWORD}")
  [[ $cur == -* ]] && words+=("$cur")
  local IFS=$'\n'
  # shellcheck disable=SC2207 # words of simgan's hold no spaces; Macs' bash has no mapfile
  COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$cur"))
  [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace # a value follows
}
complete -o bashdefault -o default -F _simgan simgan

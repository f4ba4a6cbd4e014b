#compdef simgan
# zsh completion of simgan: commands, flags, config keys and values; files elsewhere.
_simgan() {
  local -a told
  local -a call=("${words[@]:0:$((CURRENT - 1))}")
  [[ ${words[CURRENT]} == -* ]] && call+=("${words[CURRENT]}")
  told=("${(@f)$(_CLI_ZSH_AUTOCOMPLETE_HACK=1 "${call[@]}" --generate-bash-completion 2>/dev/null)}")
  if [[ ${told[1]} == *= ]]; then
    compadd -S '' -a told # a value follows
  elif [[ -n ${told[1]} ]]; then
    _describe 'simgan' told
  else
    _files
  fi
}
if [[ ${funcstack[1]} == _simgan ]]; then
  _simgan "$@"
else
  compdef _simgan simgan
fi

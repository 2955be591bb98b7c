[[ $- != *i* ]] && return
alias ll='ls -l'

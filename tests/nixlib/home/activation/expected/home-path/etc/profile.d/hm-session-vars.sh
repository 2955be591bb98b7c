# Sourced by login shells. Variables that are not set yet are no error here, even after `set -u`.
case $- in
  *u*) __hm_nounset=1; set +u ;;
  *) __hm_nounset= ;;
esac
if [ "$__HM_SESS_VARS_SOURCED" != "e3b0c44298fc1c14" ]; then
export __HM_SESS_VARS_SOURCED="e3b0c44298fc1c14"
fi
if [ -n "$__hm_nounset" ]; then set -u; fi
unset __hm_nounset

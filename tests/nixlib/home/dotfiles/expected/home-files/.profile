# the beginning
export A=1
# the end
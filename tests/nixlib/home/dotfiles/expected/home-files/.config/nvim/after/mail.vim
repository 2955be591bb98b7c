set tw=0

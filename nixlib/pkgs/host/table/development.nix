# Host packages: version control, languages, building.
let
  gitPrograms = [ "git-receive-pack" "git-shell" "git-upload-archive" "git-upload-pack" "gitk" "scalar" ];
  pythonMinor = minor: {
    programs = [ "python3.${toString minor}" "python" "python3" ];
    main = "python3.${toString minor}";
    versioned = { stem = "python3."; inherit minor; upTo = 30; };
    debian = "python3.${toString minor}";
    fedora = "python3.${toString minor}";
  };
  gccMajor = major: {
    programs = [ "gcc" ];
    versioned = { stem = "gcc-"; minor = major; upTo = 30; };
    debian = "gcc-${toString major}";
    fedora = "gcc";
  };
  clangMajor = major: {
    programs = [ "clang" ];
    versioned = { stem = "clang-"; minor = major; upTo = 40; };
    debian = "clang-${toString major}";
    fedora = "clang";
  };
in
{
  # Version control
  git = { programs = [ "git" ]; optional = gitPrograms; debian = "git"; fedora = "git"; };
  gitFull = { programs = [ "git" ]; optional = gitPrograms; main = "git"; debian = "git-all"; fedora = "git-all"; };
  gitMinimal = { programs = [ "git" ]; optional = gitPrograms; main = "git"; debian = "git"; fedora = "git-core"; };
  git-lfs = { programs = [ "git-lfs" ]; debian = "git-lfs"; fedora = "git-lfs"; };
  gh = { programs = [ "gh" ]; debian = "gh"; fedora = "gh"; };
  mercurial = { programs = [ "hg" ]; main = "hg"; debian = "mercurial"; fedora = "mercurial"; };
  subversion = { programs = [ "svn" ]; optional = [ "svnadmin" "svnserve" ]; main = "svn"; debian = "subversion"; fedora = "subversion"; };
  lazygit = { programs = [ "lazygit" ]; debian = "lazygit"; fedora = "lazygit"; };
  tig = { programs = [ "tig" ]; debian = "tig"; fedora = "tig"; };
  delta = { programs = [ "delta" ]; debian = "git-delta"; fedora = "git-delta"; };

  # Languages and building
  python3 = { programs = { python3 = [ "python3" ]; python = [ "python3" ]; }; main = "python3"; debian = "python3"; fedora = "python3"; };
  python39 = pythonMinor 9;
  python310 = pythonMinor 10;
  python311 = pythonMinor 11;
  python312 = pythonMinor 12;
  python313 = pythonMinor 13;
  python314 = pythonMinor 14;
  pipx = { programs = [ "pipx" ]; debian = "pipx"; fedora = "pipx"; };
  uv = { programs = [ "uv" ]; optional = [ "uvx" ]; debian = null; fedora = "uv"; };
  nodejs = { programs = { node = [ "node" "nodejs" ]; }; optional = [ "npm" "npx" "corepack" ]; main = "node"; debian = "nodejs"; fedora = "nodejs"; };
  yarn = { programs = { yarn = [ "yarn" "yarnpkg" ]; }; debian = "yarnpkg"; fedora = "yarnpkg"; };
  deno = { programs = [ "deno" ]; debian = null; fedora = null; };
  perl = { programs = [ "perl" ]; optional = [ "cpan" "perldoc" "prove" ]; debian = "perl"; fedora = "perl"; };
  ruby = { programs = [ "ruby" ]; optional = [ "bundle" "erb" "gem" "irb" "rake" ]; debian = "ruby"; fedora = "ruby"; };
  lua = { programs = { lua = [ "lua" "lua5.4" "lua5.3" ]; }; debian = "lua5.4"; fedora = "lua"; };
  luajit = { programs = [ "luajit" ]; debian = "luajit"; fedora = "luajit"; };
  php = { programs = [ "php" ]; debian = "php-cli"; fedora = "php-cli"; };
  go = { programs = [ "go" ]; optional = [ "gofmt" ]; debian = "golang-go"; fedora = "golang"; };
  rustc = { programs = [ "rustc" ]; optional = [ "rustdoc" ]; debian = "rustc"; fedora = "rust"; };
  cargo = { programs = [ "cargo" ]; debian = "cargo"; fedora = "cargo"; };
  rustfmt = { programs = [ "rustfmt" ]; debian = "rustfmt"; fedora = "rustfmt"; };
  rust-analyzer = { programs = [ "rust-analyzer" ]; debian = null; fedora = "rust-analyzer"; };
  gcc = { programs = [ "gcc" ]; optional = [ "cc" "c++" "cpp" "g++" "gcov" ]; debian = "gcc"; fedora = "gcc"; };
  gcc12 = gccMajor 12;
  gcc13 = gccMajor 13;
  gcc14 = gccMajor 14;
  clang = { programs = [ "clang" ]; optional = [ "clang++" ]; debian = "clang"; fedora = "clang"; };
  clang_15 = clangMajor 15;
  clang_16 = clangMajor 16;
  clang_17 = clangMajor 17;
  gdb = { programs = [ "gdb" ]; debian = "gdb"; fedora = "gdb"; };
  cmake = { programs = [ "cmake" ]; optional = [ "cpack" "ctest" ]; debian = "cmake"; fedora = "cmake"; };
  ninja = { programs = { ninja = [ "ninja" "ninja-build" ]; }; debian = "ninja-build"; fedora = "ninja-build"; };
  meson = { programs = [ "meson" ]; debian = "meson"; fedora = "meson"; };
  pkg-config = { programs = [ "pkg-config" ]; debian = "pkgconf"; fedora = "pkgconf-pkg-config"; };
  jdk = { programs = [ "java" "javac" ]; optional = [ "jar" "javadoc" "jshell" "keytool" ]; main = "java"; debian = "default-jdk"; fedora = "java-latest-openjdk-devel"; };
  maven = { programs = [ "mvn" ]; main = "mvn"; debian = "maven"; fedora = "maven"; };
}

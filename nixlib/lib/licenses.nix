# Licences: names for `meta.license`, their SPDX identifiers, and expressions made of them.
{ lib }:
let
  spdx = spdxId: fullName: {
    inherit spdxId fullName;
    url = "https://spdx.org/licenses/${spdxId}.html";
  };

  # Completes the entries of a table with its name and what all of them share.
  table =
    traits:
    builtins.mapAttrs (
      shortName: entry:
      {
        inherit shortName;
        free = true;
        deprecated = false;
        redistributable = true;
        licenseType = "simple";
      }
      // traits
      // entry
    );

  free = table { } {
    abstyles = spdx "Abstyles" "Abstyles License";
    adobeDisplayPostScript = spdx "Adobe-Display-PostScript" "Adobe Display PostScript License";
    adobeUtopia = spdx "Adobe-Utopia" "Adobe Utopia Font License";
    afl20 = spdx "AFL-2.0" "Academic Free License v2.0";
    afl21 = spdx "AFL-2.1" "Academic Free License v2.1";
    afl3 = spdx "AFL-3.0" "Academic Free License v3.0";
    agpl3Only = spdx "AGPL-3.0-only" "GNU Affero General Public License v3.0 only";
    agpl3Plus = spdx "AGPL-3.0-or-later" "GNU Affero General Public License v3.0 or later";
    aml = spdx "AML" "Apple MIT License";
    ampas = spdx "AMPAS" "Academy of Motion Picture Arts and Sciences BSD";
    apple-psl10 = spdx "APSL-1.0" "Apple Public Source License 1.0";
    apple-psl20 = spdx "APSL-2.0" "Apple Public Source License 2.0";
    arphicpl = spdx "Arphic-1999" "Arphic Public License";
    artistic1 = spdx "Artistic-1.0" "Artistic License 1.0";
    artistic1-cl8 = spdx "Artistic-1.0-cl8" "Artistic License 1.0 w/clause 8";
    artistic2 = spdx "Artistic-2.0" "Artistic License 2.0";
    asl11 = spdx "Apache-1.1" "Apache License 1.1";
    asl20 = spdx "Apache-2.0" "Apache License 2.0";
    baekmuk = spdx "Baekmuk" "Baekmuk License";
    beerware = spdx "Beerware" "Beerware License";
    bitstreamCharter = spdx "Bitstream-Charter" "Bitstream Charter Font License";
    bitstreamVera = spdx "Bitstream-Vera" "Bitstream Vera Font License";
    bitTorrent10 = spdx "BitTorrent-1.0" "BitTorrent Open Source License v1.0";
    bitTorrent11 = spdx "BitTorrent-1.1" "BitTorrent Open Source License v1.1";
    blueOak100 = spdx "BlueOak-1.0.0" "Blue Oak Model License 1.0.0";
    boehmGC = spdx "Boehm-GC" "Boehm-Demers-Weiser GC License";
    bola11 = spdx "BOLA-1.1" "Buena Onda License Agreement v1.1";
    boost = spdx "BSL-1.0" "Boost Software License 1.0";
    bsd0 = spdx "0BSD" "BSD Zero Clause License";
    bsd1 = spdx "BSD-1-Clause" "BSD 1-Clause License";
    bsd2 = spdx "BSD-2-Clause" "BSD 2-clause \"Simplified\" License";
    bsd2Patent = spdx "BSD-2-Clause-Patent" "BSD-2-Clause Plus Patent License";
    bsd2WithViews = spdx "BSD-2-Clause-Views" "BSD 2-Clause with views sentence";
    bsd3 = spdx "BSD-3-Clause" "BSD 3-clause \"New\" or \"Revised\" License";
    bsd3ClauseTso = spdx "BSD-3-Clause-Tso" "BSD 3-Clause Tso variant";
    bsd3Clear = spdx "BSD-3-Clause-Clear" "BSD 3-Clause Clear License";
    bsd3Lbnl = spdx "BSD-3-Clause-LBNL" "Lawrence Berkeley National Labs BSD variant license";
    bsd3Modification = spdx "BSD-3-Clause-Modification" "BSD 3-Clause Modification";
    bsdOriginal = spdx "BSD-4-Clause" "BSD 4-clause \"Original\" or \"Old\" License";
    bsdOriginalShortened = spdx "BSD-4-Clause-Shortened" "BSD 4 Clause Shortened";
    bsdOriginalUC = spdx "BSD-4-Clause-UC" "BSD 4-Clause University of California-Specific";
    bsdProtection = spdx "BSD-Protection" "BSD Protection License";
    bsdSourceCode = spdx "BSD-Source-Code" "BSD Source Code Attribution";
    bzip2 = spdx "bzip2-1.0.6" "bzip2 and libbzip2 License v1.0.6";
    cal10 = spdx "CAL-1.0" "Cryptographic Autonomy License version 1.0 (CAL-1.0)";
    caldera = spdx "Caldera" "Caldera License";
    capec = spdx "CAPEC-tou" "Common Attack Pattern Enumeration and Classification License";
    cc-by-10 = spdx "CC-BY-1.0" "Creative Commons Attribution 1.0";
    cc-by-20 = spdx "CC-BY-2.0" "Creative Commons Attribution 2.0";
    cc-by-30 = spdx "CC-BY-3.0" "Creative Commons Attribution 3.0";
    cc-by-40 = spdx "CC-BY-4.0" "Creative Commons Attribution 4.0";
    cc-by-sa-10 = spdx "CC-BY-SA-1.0" "Creative Commons Attribution Share Alike 1.0";
    cc-by-sa-20 = spdx "CC-BY-SA-2.0" "Creative Commons Attribution Share Alike 2.0";
    cc-by-sa-25 = spdx "CC-BY-SA-2.5" "Creative Commons Attribution Share Alike 2.5";
    cc-by-sa-30 = spdx "CC-BY-SA-3.0" "Creative Commons Attribution Share Alike 3.0";
    cc-by-sa-40 = spdx "CC-BY-SA-4.0" "Creative Commons Attribution Share Alike 4.0";
    cc-sa-10 = spdx "CC-SA-1.0" "Creative Commons Share Alike 1.0";
    cc0 = spdx "CC0-1.0" "Creative Commons Zero v1.0 Universal";
    cddl = spdx "CDDL-1.0" "Common Development and Distribution License 1.0";
    cecill-b = spdx "CECILL-B" "CeCILL-B Free Software License Agreement";
    cecill-c = spdx "CECILL-C" "CeCILL-C Free Software License Agreement";
    cecill20 = spdx "CECILL-2.0" "CeCILL Free Software License Agreement v2.0";
    cecill21 = spdx "CECILL-2.1" "CeCILL Free Software License Agreement v2.1";
    cfitsio = spdx "CFITSIO" "CFITSIO License";
    clArtistic = spdx "ClArtistic" "Clarified Artistic License";
    classpathException20 = spdx "Classpath-exception-2.0" "Classpath exception 2.0";
    cnri-python = spdx "CNRI-Python" "CNRI Python License";
    cpal10 = spdx "CPAL-1.0" "Common Public Attribution License 1.0";
    cpl10 = spdx "CPL-1.0" "Common Public License 1.0";
    cronyx = spdx "Cronyx" "Cronyx License";
    curl = spdx "curl" "curl License";
    dec3Clause = spdx "DEC-3-Clause" "DEC 3-Clause License";
    doc = spdx "DOC" "DOC License";
    docBookDtd = spdx "DocBook-DTD" "DocBook DTD License";
    drl10 = spdx "DRL-1.0" "Detection Rule License 1.0";
    dtoa = spdx "dtoa" "dtoa License";
    ecl20 = spdx "ECL-2.0" "Educational Community License, Version 2.0";
    efl10 = spdx "EFL-1.0" "Eiffel Forum License v1.0";
    efl20 = spdx "EFL-2.0" "Eiffel Forum License v2.0";
    epl10 = spdx "EPL-1.0" "Eclipse Public License 1.0";
    epl20 = spdx "EPL-2.0" "Eclipse Public License 2.0";
    eupl11 = spdx "EUPL-1.1" "European Union Public License 1.1";
    eupl12 = spdx "EUPL-1.2" "European Union Public License 1.2";
    fair = spdx "Fair" "Fair License";
    fdl11Only = spdx "GFDL-1.1-only" "GNU Free Documentation License v1.1 only";
    fdl11Plus = spdx "GFDL-1.1-or-later" "GNU Free Documentation License v1.1 or later";
    fdl12Only = spdx "GFDL-1.2-only" "GNU Free Documentation License v1.2 only";
    fdl12Plus = spdx "GFDL-1.2-or-later" "GNU Free Documentation License v1.2 or later";
    fdl13Only = spdx "GFDL-1.3-only" "GNU Free Documentation License v1.3 only";
    fdl13Plus = spdx "GFDL-1.3-or-later" "GNU Free Documentation License v1.3 or later";
    fontException = spdx "Font-exception-2.0" "Font exception 2.0";
    fraunhofer-fdk = spdx "FDK-AAC" "Fraunhofer FDK AAC Codec Library";
    ftl = spdx "FTL" "Freetype Project License";
    giftware = spdx "Giftware" "Giftware License";
    gnuplot = spdx "gnuplot" "gnuplot License";
    gpl1Only = spdx "GPL-1.0-only" "GNU General Public License v1.0 only";
    gpl1Plus = spdx "GPL-1.0-or-later" "GNU General Public License v1.0 or later";
    gpl2Only = spdx "GPL-2.0-only" "GNU General Public License v2.0 only";
    gpl2Plus = spdx "GPL-2.0-or-later" "GNU General Public License v2.0 or later";
    gpl3Only = spdx "GPL-3.0-only" "GNU General Public License v3.0 only";
    gpl3Plus = spdx "GPL-3.0-or-later" "GNU General Public License v3.0 or later";
    hpnd = spdx "HPND" "Historic Permission Notice and Disclaimer";
    hpndDec = spdx "HPND-DEC" "Historical Permission Notice and Disclaimer - DEC variant";
    hpndDoc = spdx "HPND-doc" "Historical Permission Notice and Disclaimer - documentation variant";
    hpndDocSell = spdx "HPND-doc-sell" "Historical Permission Notice and Disclaimer - documentation sell variant";
    hpndSellVariant = spdx "HPND-sell-variant" "Historical Permission Notice and Disclaimer - sell variant";
    hpndSellVariantMitDisclaimerXserver = spdx "HPND-sell-MIT-disclaimer-xserver" "Historical Permission Notice and Disclaimer - sell xserver variant with MIT disclaimer";
    hpndSellVariantSafetyClause = spdx "HPND-sell-variant-critical-systems" "HPND - sell variant with safety critical systems clause";
    hpndUc = spdx "HPND-UC" "Historical Permission Notice and Disclaimer - University of California variant";
    hyphenBulgarian = spdx "hyphen-bulgarian" "hyphen-bulgarian License";
    iasl = spdx "Intel-ACPI" "Intel ACPI Software License Agreement";
    icu = spdx "ICU" "ICU";
    ijg = spdx "IJG" "Independent JPEG Group License";
    imagemagick = spdx "ImageMagick" "ImageMagick License";
    imlib2 = spdx "Imlib2" "Imlib2 License";
    info-zip = spdx "Info-ZIP" "Info-ZIP License";
    interbase = spdx "Interbase-1.0" "Interbase Public License v1.0";
    ipa = spdx "IPA" "IPA Font License";
    ipl10 = spdx "IPL-1.0" "IBM Public License v1.0";
    isc = spdx "ISC" "ISC License";
    knuth = spdx "Knuth-CTAN" "Knuth CTAN License";
    lal12 = spdx "LAL-1.2" "Licence Art Libre 1.2";
    lal13 = spdx "LAL-1.3" "Licence Art Libre 1.3";
    lgpl21Only = spdx "LGPL-2.1-only" "GNU Lesser General Public License v2.1 only";
    lgpl21Plus = spdx "LGPL-2.1-or-later" "GNU Lesser General Public License v2.1 or later";
    lgpl2Only = spdx "LGPL-2.0-only" "GNU Library General Public License v2 only";
    lgpl2Plus = spdx "LGPL-2.0-or-later" "GNU Library General Public License v2 or later";
    lgpl3Only = spdx "LGPL-3.0-only" "GNU Lesser General Public License v3.0 only";
    lgpl3Plus = spdx "LGPL-3.0-or-later" "GNU Lesser General Public License v3.0 or later";
    lgpllr = spdx "LGPLLR" "Lesser General Public License For Linguistic Resources";
    libpng = spdx "Libpng" "libpng License";
    libpng2 = spdx "libpng-2.0" "PNG Reference Library version 2";
    libtiff = spdx "libtiff" "libtiff License";
    liliq-p-11 = spdx "LiLiQ-P-1.1" "Licence Libre du Québec – Permissive version 1.1";
    llvm-exception = spdx "LLVM-exception" "LLVM Exception";
    lpl-102 = spdx "LPL-1.02" "Lucent Public License v1.02";
    lppl1 = spdx "LPPL-1.0" "LaTeX Project Public License v1.0";
    lppl12 = spdx "LPPL-1.2" "LaTeX Project Public License v1.2";
    lppl13a = spdx "LPPL-1.3a" "LaTeX Project Public License v1.3a";
    lppl13c = spdx "LPPL-1.3c" "LaTeX Project Public License v1.3c";
    lsof = spdx "lsof" "lsof License";
    miros = spdx "MirOS" "MirOS License";
    mit = spdx "MIT" "MIT License";
    mit-cmu = spdx "MIT-CMU" "CMU License";
    mit-enna = spdx "MIT-enna" "enna License";
    mit-feh = spdx "MIT-feh" "feh License";
    mit-modern = spdx "MIT-Modern-Variant" "MIT License Modern Variant";
    mit0 = spdx "MIT-0" "MIT No Attribution";
    mitAdvertising = spdx "MIT-advertising" "Enlightenment License (e16)";
    mitOpenGroup = spdx "MIT-open-group" "MIT Open Group variant";
    mpich2 = spdx "mpich2" "mpich2 License";
    mpl10 = spdx "MPL-1.0" "Mozilla Public License 1.0";
    mpl11 = spdx "MPL-1.1" "Mozilla Public License 1.1";
    mpl20 = spdx "MPL-2.0" "Mozilla Public License 2.0";
    mplus = spdx "mplus" "M+ Font License";
    mspl = spdx "MS-PL" "Microsoft Public License";
    mulan-psl2 = spdx "MulanPSL-2.0" "Mulan Permissive Software License, Version 2";
    naist-2003 = spdx "NAIST-2003" "Nara Institute of Science and Technology License (2003)";
    ncsa = spdx "NCSA" "University of Illinois/NCSA Open Source License";
    ngpl = spdx "NGPL" "Nethack General Public License";
    nistSoftware = spdx "NIST-Software" "NIST Software License";
    nlpl = spdx "NLPL" "No Limit Public License";
    nposl3 = spdx "NPOSL-3.0" "Non-Profit Open Software License 3.0";
    ntp = spdx "NTP" "NTP License";
    ocamlLgplLinkingException = spdx "OCaml-LGPL-linking-exception" "OCaml LGPL Linking Exception";
    odbl = spdx "ODbL-1.0" "Open Data Commons Open Database License v1.0";
    ofl = spdx "OFL-1.1" "SIL Open Font License 1.1";
    oml = spdx "OML" "Open Market License";
    openldap = spdx "OLDAP-2.8" "Open LDAP Public License v2.8";
    openssl = spdx "OpenSSL" "OpenSSL License";
    opubl = spdx "OPUBL-1.0" "Open Publication License v1.0";
    osl2 = spdx "OSL-2.0" "Open Software License 2.0";
    osl21 = spdx "OSL-2.1" "Open Software License 2.1";
    osl3 = spdx "OSL-3.0" "Open Software License 3.0";
    paratype = spdx "ParaType-Free-Font-1.3" "ParaType Free Font Licensing Agreement v1.3";
    parity70 = spdx "Parity-7.0.0" "Parity Public License 7.0.0";
    php301 = spdx "PHP-3.01" "PHP License v3.01";
    postgresql = spdx "PostgreSQL" "PostgreSQL License";
    psfl = spdx "Python-2.0" "Python Software Foundation License version 2";
    qhull = spdx "Qhull" "Qhull License";
    qpl = spdx "QPL-1.0" "Q Public License 1.0";
    qwtException = spdx "Qwt-exception-1.0" "Qwt exception 1.0";
    ruby = spdx "Ruby" "Ruby License";
    sendmail = spdx "Sendmail" "Sendmail License";
    sgi-b-20 = spdx "SGI-B-2.0" "SGI Free Software License B v2.0";
    sgmlug = spdx "SGMLUG-PM" "SGMLUG Parser Materials License";
    sissl11 = spdx "SISSL" "Sun Industry Standards Source License 1.1";
    sleepycat = spdx "Sleepycat" "Sleepycat License";
    smail = spdx "SMAIL-GPL" "SMAIL General Public License";
    smlnj = spdx "SMLNJ" "Standard ML of New Jersey License";
    tcltk = spdx "TCL" "TCL/TK License";
    tcpWrappers = spdx "TCP-wrappers" "TCP Wrappers License";
    tekHvcLicense = spdx "TekHVC" "TekHVC License";
    torque11 = spdx "TORQUE-1.1" "TORQUE v2.5+ Software License v1.1";
    tost = spdx "Pixar" "Tomorrow Open Source Technology License 1.0";
    ubdlException = spdx "UBDL-exception" "Unmodified Binary Distribution exception";
    ufl = spdx "Ubuntu-font-1.0" "Ubuntu Font License 1.0";
    unicode-30 = spdx "Unicode-3.0" "Unicode License v3";
    unicode-dfs-2015 = spdx "Unicode-DFS-2015" "Unicode License Agreement - Data Files and Software (2015)";
    unicode-dfs-2016 = spdx "Unicode-DFS-2016" "Unicode License Agreement - Data Files and Software (2016)";
    unicodeTOU = spdx "Unicode-TOU" "Unicode Terms of Use";
    universalFOSSException-10 = spdx "Universal-FOSS-exception-1.0" "Universal FOSS Exception, Version 1.0";
    unlicense = spdx "Unlicense" "The Unlicense";
    upl = spdx "UPL-1.0" "Universal Permissive License";
    vim = spdx "Vim" "Vim License";
    vsl10 = spdx "VSL-1.0" "Vovida Software License v1.0";
    w3c = spdx "W3C" "W3C Software Notice and License";
    w3c-19980720 = spdx "W3C-19980720" "W3C Software Notice and License (1998-07-20)";
    wtfpl = spdx "WTFPL" "Do What The F*ck You Want To Public License";
    wxWindowsException31 = spdx "WxWindows-exception-3.1" "wxWindows Library Licence, Version 3.1";
    x11 = spdx "X11" "X11 License";
    x11NoPermitPersons = spdx "X11-no-permit-persons" "X11 no permit persons clause";
    xerox = spdx "Xerox" "Xerox License";
    xfig = spdx "Xfig" "xfig";
    xinetd = spdx "xinetd" "xinetd License";
    xskat = spdx "XSkat" "XSkat License";
    zlib = spdx "Zlib" "zlib License";
    zpl20 = spdx "ZPL-2.0" "Zope Public License 2.0";
    zpl21 = spdx "ZPL-2.1" "Zope Public License 2.1";
    free.fullName = "Unspecified free software license";
    publicDomain.fullName = "Public Domain";
    # Counted among the free ones, since systems without it often do not start.
    unfreeRedistributableFirmware.fullName = "Unfree redistributable firmware";
  };

  # Names that leave open which versions are meant, or were replaced.
  deprecated = table { deprecated = true; } {
    apsl10 = spdx "APSL-1.0" "Apple Public Source License 1.0";
    apsl20 = spdx "APSL-2.0" "Apple Public Source License 2.0";
    gpl2 = spdx "GPL-2.0" "GNU General Public License v2.0";
    gpl3 = spdx "GPL-3.0" "GNU General Public License v3.0";
    lgpl2 = spdx "LGPL-2.0" "GNU Library General Public License v2";
    lgpl21 = spdx "LGPL-2.1" "GNU Lesser General Public License v2.1";
    lgpl3 = spdx "LGPL-3.0" "GNU Lesser General Public License v3.0";
  };

  unfree =
    table
      {
        free = false;
        redistributable = false;
      }
      {
        aladdin = spdx "Aladdin" "Aladdin Free Public License";
        cc-by-nc-30 = spdx "CC-BY-NC-3.0" "Creative Commons Attribution Non Commercial 3.0 Unported";
        cc-by-nc-40 = spdx "CC-BY-NC-4.0" "Creative Commons Attribution Non Commercial 4.0 International";
        cc-by-nc-nd-30 = spdx "CC-BY-NC-ND-3.0" "Creative Commons Attribution Non Commercial No Derivative Works 3.0 Unported";
        cc-by-nc-nd-40 = spdx "CC-BY-NC-ND-4.0" "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International";
        cc-by-nc-sa-20 = spdx "CC-BY-NC-SA-2.0" "Creative Commons Attribution Non Commercial Share Alike 2.0";
        cc-by-nc-sa-25 = spdx "CC-BY-NC-SA-2.5" "Creative Commons Attribution Non Commercial Share Alike 2.5";
        cc-by-nc-sa-30 = spdx "CC-BY-NC-SA-3.0" "Creative Commons Attribution Non Commercial Share Alike 3.0";
        cc-by-nc-sa-40 = spdx "CC-BY-NC-SA-4.0" "Creative Commons Attribution Non Commercial Share Alike 4.0";
        cc-by-nd-30 = spdx "CC-BY-ND-3.0" "Creative Commons Attribution-No Derivative Works v3.00";
        cc-by-nd-40 = spdx "CC-BY-ND-4.0" "Creative Commons Attribution-No Derivative Works v4.0";
        elastic20 = spdx "Elastic-2.0" "Elastic License 2.0";
        json = spdx "JSON" "JSON License";
        nasa13 = spdx "NASA-1.3" "NASA Open Source Agreement 1.3";
        ncbiPd = spdx "NCBI-PD" "NCBI Public Domain Notice";
        sustainableUse = spdx "SUL-1.0" "Sustainable Use License";
        unfree.fullName = "Unfree";
      };

  unfreeRedistributable = table { free = false; } {
    bsl11 = spdx "BUSL-1.1" "Business Source License 1.1";
    fsl11Asl20 = spdx "FSL-1.1-ALv2" "Functional Source License, Version 1.1, Apache 2.0 Future License";
    fsl11Mit = spdx "FSL-1.1-MIT" "Functional Source License, Version 1.1, MIT Future License";
    ncul1 = spdx "NCUL1" "Netdata Cloud UI License v1.0";
    sspl = spdx "SSPL-1.0" "Server Side Public License";
    watcom = spdx "Watcom-1.0" "Sybase Open Watcom Public License 1.0";
    unfreeRedistributable.fullName = "Unfree redistributable";
  };
in
free // deprecated // unfree // unfreeRedistributable // import ./licenses/expressions.nix { inherit lib; }

# Licences that are not on the list of SPDX, by what they allow.
let
  named = fullName: url: { inherit fullName url; };
in
{
  free = {
    aom = named "Alliance for Open Media Patent License 1.0" "https://aomedia.org/license/patent-license/";
    bsdAxisNoDisclaimerUnmodified = named "BSD-Axis without Warranty Disclaimer with Unmodified requirement" "https://scancode-licensedb.aboutcode.org/bsd-no-disclaimer-unmodified.html";
    g4sl = named "Geant4 Software License" "https://geant4.web.cern.ch/geant4/license/LICENSE.html";
    generaluser = named "GeneralUser GS License v2.0" "https://www.schristiancollins.com/generaluser.php";
    gfl = named "GUST Font License" "https://www.gust.org.pl/projects/e-foundry/licenses/GUST-FONT-LICENSE.txt";
    gfsl = named "GUST Font Source License" "https://www.gust.org.pl/projects/e-foundry/licenses/GUST-FONT-SOURCE-LICENSE.txt";
    hpndDifferentDisclaimer = named "HPND with different disclaimer" "https://gitlab.freedesktop.org/xorg/proto/xorgproto/-/blob/1914233e662d23ffb3812b80fadd0bbd064ad91c/COPYING-x11proto#L69-88";
    llgpl21 = named "Lisp LGPL; GNU Lesser General Public License version 2.1 with Franz Inc. preamble for clarification of LGPL terms in context of Lisp" "https://opensource.franz.com/preamble.html";
    stk = named "Synthesis Tool Kit 4.3" "https://github.com/thestk/stk/blob/master/LICENSE";
    sudo = named "Sudo License (ISC-style)" "https://www.sudo.ws/about/license/";
    ucd = named "Unicode Character Database License" "https://fedoraproject.org/wiki/Licensing:UCD";
    vol-sl = named "Volatility Software License, Version 1.0" "https://www.volatilityfoundation.org/license/vsl-v1.0";
    wadalab = named "Wadalab Font License" "https://fedoraproject.org/wiki/Licensing:Wadalab?rd=Licensing/Wadalab";
    x11BsdClause = named "X11 License with third BSD clause" "https://gitlab.freedesktop.org/xorg/driver/xf86-video-geode/-/blob/d147c3f1b6907ae9db6f12853cedd450537d99d2/COPYING";
    free.fullName = "Unspecified free software license";
    publicDomain.fullName = "Public Domain";
    # Counted among the free ones, since systems without it often do not start.
    unfreeRedistributableFirmware.fullName = "Unfree redistributable firmware";
  };

  # Not free, but programs may be passed on.
  redistributable = {
    enpl = named "Emmi AI Non-Production License" "https://github.com/Emmi-AI/noether/blob/main/LICENSE.txt";
    fairsource09 = named "Fair Source License, version 0.9" "https://fair.io/v0.9.txt";
    hl3 = named "Hippocratic License v3.0" "https://firstdonoharm.dev/version/3/0/core.txt";
    nvidiaCudaRedist = named "CUDA Toolkit End User License Agreement (EULA)" "https://docs.nvidia.com/cuda/eula/index.html#cuda-toolkit-supplement-license-agreement" // { shortName = "CUDA EULA"; };
    sfl = named "Source First License 1.1" "https://gitlab.futo.org/videostreaming/grayjay/-/blob/master/LICENSE.md";
    teamspeak = named "Teamspeak client license" "https://www.teamspeak.com/en/privacy-and-terms/";
    unfreeRedistributable.fullName = "Unfree redistributable";
  };

  restricted = {
    acsl14 = named "Anti-Capitalist Software License v1.4" "https://anticapitalist.software/";
    activision = named "Activision EULA" "https://www.doomworld.com/eternity/activision_eula.txt";
    amazonsl = named "Amazon Software License" "https://aws.amazon.com/asl/";
    amd = named "AMD License Agreement" "https://developer.amd.com/amd-license-agreement/";
    cockroachdb-community-license = named "CockroachDB Community License Agreement" "https://www.cockroachlabs.com/cockroachdb-community-license/";
    commons-clause = named "Commons Clause License" "https://commonsclause.com/";
    databricks = named "Databricks License" "https://www.databricks.com/legal/db-license";
    databricks-dbx = named "DataBricks eXtensions aka dbx License" "https://github.com/databrickslabs/dbx/blob/743b579a4ac44531f764c6e522dbe5a81a7dc0e4/LICENSE";
    databricks-license = named "Databricks License" "https://www.databricks.com/legal/db-license";
    eapl = named "EPSON AVASYS PUBLIC LICENSE" "https://avasys.jp/hp/menu000000700/hpg000000603.htm";
    epson = named "Seiko Epson Corporation Software License Agreement for Linux" "https://download.ebz.epson.net/dsc/du/02/eula/global/LINUX_EN.html";
    ffsl = named "Floodgap Free Software License" "https://www.floodgap.com/software/ffsl/license.html";
    geogebra = named "GeoGebra Non-Commercial License Agreement" "https://www.geogebra.org/license";
    inria-compcert = named "INRIA Non-Commercial License Agreement for the CompCert verified compiler" "https://compcert.org/doc/LICENSE.txt";
    inria-icesl = named "End User License Agreement for IceSL Software" "https://icesl.loria.fr/assets/pdf/EULA_IceSL_binary.pdf";
    inria-zelus = named "INRIA Non-Commercial License Agreement for the Zélus compiler" "https://github.com/INRIA/zelus/raw/829f2b97cba93b0543a9ca0272269e6b8fdad356/LICENSE";
    intel-eula = named "Intel End User License Agreement for Developer Tools" "https://software.intel.com/sites/manageability/AMT_Implementation_and_Reference_Guide/WordDocuments/intelamtsdklicense.htm";
    issl = named "Intel Simplified Software License" "https://software.intel.com/en-us/license/intel-simplified-software-license";
    lens = named "Lens Terms of Service Agreement" "https://k8slens.dev/legal/tos";
    netboxLimitedUse = named "NetBox Limited Use License 1.0" "https://github.com/netboxlabs/netbox-branching/blob/8465b9aee69ded23930cfe1a522695bfb8955a5a/LICENSE.md";
    nvidiaCuda = named "CUDA Toolkit End User License Agreement (EULA)" "https://docs.nvidia.com/cuda/eula/index.html#cuda-toolkit-supplement-license-agreement" // { shortName = "CUDA EULA"; };
    obsidian = named "Obsidian End User Agreement" "https://obsidian.md/eula";
    ocamlpro_nc = named "OCamlPro Non Commercial license version 1" "https://alt-ergo.ocamlpro.com/http/alt-ergo-2.2.0/OCamlPro-Non-Commercial-License.pdf";
    postman = named "Postman EULA" "https://www.getpostman.com/licenses/postman_base_app";
    prosperity30 = named "Prosperity-3.0.0" "https://prosperitylicense.com/versions/3.0.0.html";
    reticulum = named "Reticulum License" "https://reticulum.network/license";
    tsl = named "Timescale License Agreement" "https://github.com/timescale/timescaledb/blob/main/tsl/LICENSE-TIMESCALE" // { shortName = "TSL"; };
    virtualbox-puel = named "Oracle VM VirtualBox Extension Pack Personal Use and Evaluation License (PUEL)" "https://www.virtualbox.org/wiki/VirtualBox_PUEL";
    unfree.fullName = "Unfree";
  };
}

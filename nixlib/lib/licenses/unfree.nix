# Licences with an SPDX identifier that are not free, by whether programs may be passed on.
{ spdx }:
{
  restricted = {
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
  };

  redistributable = {
    bsl11 = spdx "BUSL-1.1" "Business Source License 1.1";
    fsl11Asl20 = spdx "FSL-1.1-ALv2" "Functional Source License, Version 1.1, Apache 2.0 Future License";
    fsl11Mit = spdx "FSL-1.1-MIT" "Functional Source License, Version 1.1, MIT Future License";
    ncul1 = spdx "NCUL1" "Netdata Cloud UI License v1.0";
    sspl = spdx "SSPL-1.0" "Server Side Public License";
    watcom = spdx "Watcom-1.0" "Sybase Open Watcom Public License 1.0";
  };
}

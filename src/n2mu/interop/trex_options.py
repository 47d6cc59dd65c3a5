"""The documented options of TRExFitter that an analysis folder has no place for."""

import re
from typing import Literal

_Severity = Literal["result", "unknown", "presentation"]

_RESULT: dict[str, dict[str, str]] = {
    "Job": {
        "HistoPath": "n2mu reads no histograms; it makes templates from ntuples",
        "HistoFile": "n2mu reads no histograms; it makes templates from ntuples",
        "HistoName": "n2mu reads no histograms; it makes templates from ntuples",
        "HistoNameNominal": "n2mu reads no histograms; it makes templates from ntuples",
        "Bootstrap": "there is no bootstrap",
        "BootstrapSyst": "there is no bootstrap",
        "BootstrapSample": "there is no bootstrap",
        "StatOnly": "choose no systematics, or see mu_stat_only in mu_fit.json",
        "FixNPforStatOnly": "mu_stat_only keeps norm factors free",
        "CustomAsimov": "Asimov data are made of the samples themselves",
        "CustomFunctions": "expressions cannot call C++ functions; write them out",
        "CustomFunctionsExecutes": "expressions cannot call C++ functions; write them out",
        "CustomIncludePaths": "expressions cannot call C++ functions; write them out",
        "ScaleSamplesToData": "use a norm factor",
        "MaxNtupleEvents": "all entries are read",
        "SmoothMorphingTemplates": "there is no morphing",
        "PropagateSystsForMorphing": "there is no morphing",
        "ExcludeFromMorphing": "there is no morphing",
        "SystLarge": "large variations are listed in templates_report.json, none is removed",
        "RemoveLargeSyst": "large variations are listed in templates_report.json, none is removed",
        "RemoveSystOnEmptySample": "empty templates are listed in templates_report.json",
        "PruningType": "pruning compares with the sample itself",
        "PruningShapeOption": "a shape is kept if some bin exceeds the threshold",
        "CorrectNormForNegativeIntegral": "see the table of negative bins in the documentation",
        "GuessMCStatEmptyBins": "see the table of negative bins in the documentation",
        "AlternativeShapeHistFactory": "rate and shape are split after the symmetrisation",
        "DecorrSysts": "give the systematics another 'parameter'",
        "DecorrSuff": "give the systematics another 'parameter'",
        "IntCodeOverall": "rates are interpolated with code 4; 'n2mu fit --normsys' has code 1",
        "IntCodeShape": "shapes are interpolated with code 4p; 'n2mu fit --histosys' has others",
        "FriendFile": "n2mu reads no friend trees",
        "FriendName": "n2mu reads no friend trees",
        "NtupleNamesNominal": "name the tree in the Sample",
        "WorkspaceFileName": "'n2mu fit' takes any pyhf workspace",
    },
    "Fit": {
        "FitType": "only signal plus background is fitted",
        "NPValues": "'n2mu fit --asimov-np' sets them",
        "FixNPs": "no parameter is fixed",
        "StatOnlyFit": "see mu_stat_only in mu_fit.json",
        "TemplateInterpolationOption": "there is no morphing",
        "BlindedParameters": "no parameter is hidden",
        "DoNonProfileFit": "all parameters are profiled",
    },
    "Region": {
        "VariableForSample": "all samples of a region have one observable",
        "SelectionForSample": "put it into the 'selection' of the sample",
        "NtupleName": "the tree belongs to an input",
        "NtupleFile": "the files belong to an input",
        "NtuplePath": "the path belongs to an input",
        "NtuplePathSuff": "the path belongs to an input",
        "NtupleFileSuff": "the files belong to an input",
        "NtupleNameSuff": "the tree belongs to an input",
        "DropBins": "merge these bins, or cut them away in the selection",
        "IgnoreWeight": "a region has no weight of its own",
    },
    "Sample": {
        "IgnoreSelection": "the selection of the region holds for all samples",
        "IgnoreWeight": "give the input a 'weight' in inputs.yaml",
        "UseMCstat": "all samples of a bin share one gamma; all have MC errors",
        "SeparateGammas": "all samples of a bin share one gamma",
        "CorrelateGammasInRegions": "every bin has its own gamma",
        "CorrelateGammasWithSample": "all samples of a bin share one gamma",
        "MCstatScale": "the MC errors are those of the events",
        "MultiplyBy": "there is no arithmetic of samples",
        "DivideBy": "there is no arithmetic of samples",
        "AddSample": "add its inputs to the sample",
        "SubtractSample": "there is no arithmetic of samples",
        "NormToSample": "there is no arithmetic of samples",
        "Smooth": "nominal templates are not smoothed",
        "AsimovReplacementFor": "Asimov data are made of the samples themselves",
        "Morphing": "there is no morphing",
        "SystFromSample": "name both samples in the systematics",
        "UseSystematics": "a ghost has the systematics of no fit",
    },
    "NormFactor": {"Tau": "norm factors have no constraint", "Constant": "write it as a weight"},
    "ShapeFactor": {},
    "Systematic": {
        "IsFreeParameter": "systematics are constrained; use a norm factor",
        "SubtractRefSampleVar": "variations of the reference are not subtracted",
        "ReferenceSmoothing": "every sample is smoothed by itself",
        "ReferencePruning": "every sample is pruned by itself",
        "DummyForSamples": "leave these samples out",
        "IgnoreWeight": "name the weight factor in inputs.yaml, and vary it to 1",
        "ScaleUp": "write the scaled variation into the expression",
        "ScaleDown": "write the scaled variation into the expression",
        "KeepReferenceOverallVar": "the whole ratio to the reference is applied",
        "PreSmoothing": "there is one smoothing",
        "ForceShape": "shapes are used as they are",
    },
}
_ELSEWHERE: dict[str, dict[str, str]] = {
    "Fit": {
        "doLHscan": "'n2mu scan' makes it",
        "do2DLHscan": "'n2mu scan' makes it",
        "UseMinos": "mu has profile-likelihood errors always",
        "GetGoodnessOfFit": "'n2mu gof' tells it",
        "SaturatedModel": "'n2mu gof' uses it",
        "FitToys": "'n2mu toys' makes them",
    },
}
_PRESENTATION: dict[str, str] = {
    "Job": (
        "Logo PlotOptions PlotOptionsSummary RatioYtitle RatioTitle RatioType TableOptions "
        "SystControlPlots SystDataPlots CorrelationThreshold SignalRegionsPlot HistoChecks "
        "SplitHistoFiles KeepPrefitBlindedBins RankingMaxNP RankingPlot ImageFormat SystErrorBars "
        "SummaryPlotRegions SummaryPlotYmax SummaryPlotYmin InputFolder InputName OutputDir "
        "KeepPruning CleanTables SystCategoryTables RatioYmax RatioYmin RatioYmaxPostFit "
        "RatioYminPostFit GetChi2 UseGammaPulls DoSummaryPlot DoMergedPlot DoTables "
        "DoSignalRegionsPlot DoPieChartPlot SuppressNegativeBinWarnings RegionGroups "
        "ReplacementFile Suffix SaveSuffix HideNP SummaryPlotLabels SummaryPlotValidationRegions "
        "SummaryPlotValidationLabels SummaryPrefix AllowWrongRegionSample POIPrecision "
        "RankingPOIName UseATLASRounding UseATLASRoundingTxt UseATLASRoundingTex UseGammasForCorr "
        "PrePostFitCanvasSize SummaryCanvasSize MergeCanvasSize PieChartCanvasSize "
        "NPRankingCanvasSize LabelX LabelY LegendX1 LegendX2 LegendY LabelXSummary LabelYSummary "
        "LegendX1Summary LegendX2Summary LegendYSummary LabelXMerge LabelYMerge LegendX1Merge "
        "LegendX2Merge LegendYMerge LegendNColumns LegendNColumnsSummary LegendNColumnsMerge "
        "ReorderNPs BlindSRs HEPDataFormat POIUnit DebugLevel ShowValidationPruning "
        "DoSystNormalizationPlots HistoLogY LogScale RunROOTMacros Label"
    ),
    "Fit": (
        "LHscanMin LHscanMax LHscanSteps LHscanMinY LHscanMaxY LHscanStepsY NumCPU "
        "SetRandomInitialNPval SetRandomInitialNPvalSeed ToysHistoMin ToysHistoMax "
        "ToysHistoNbins ToysPseudodataNP ToysPseudodataNPShift ToysSeed "
        "DoNonProfileFitSystThreshold"
    ),
    "Region": (
        "TexLabel ShortLabel LumiLabel CmeLabel LogScale BinWidth BinLabels Ymax Ymin RatioYmax "
        "RatioYmin RatioYmaxPostFit RatioYminPostFit Group YaxisTitle YmaxScale SkipSmoothing "
        "XaxisRange"
    ),
    "Sample": "LineColor LineColorRGB BuildPullTable",
    "NormFactor": "Category SubCategory",
    "ShapeFactor": "Category SubCategory Title",
    "Systematic": "StoredName",
}
_HISTOGRAMS = re.compile(r"Histo(Path|File|Name)s?(Suff?s?)?(Up|Down)?(RefSample)?")
_REFERENCE = re.compile(r"(Histo|Ntuple|Friend)(Path|File|Name)s?(Suff?)?(Up|Down)?RefSample")
_UNFOLDING = re.compile(r"(ResponseMatrix|Acceptance|SelectionEff|Migration)\w*")
_COMMANDS = {
    "Limit": "'n2mu limit' sets it",
    "Significance": "'n2mu significance' and mu_fit.json have it",
    "Options": "an option of the plots of TRExFitter",
}


CARRIED: dict[str, str] = {
    "Job": (
        "AtlasLabel BlindingThreshold BlindingType CmeLabel Lumi LumiLabel LumiScale "
        "MCstatConstraint MCstatThreshold MCweight MergeUnderOverFlow NtupleFile NtupleName "
        "NtuplePath POI ReadFrom Selection SmoothingOption SystPruningNorm SystPruningShape"
    ),
    "Fit": "FitBlind FitRegion FitType POIAsimov",
    "Region": (
        "Binning DataType Label MCweight Rebin Rebinning Selection Type Variable VariableTitle"
    ),
    "Sample": (
        "Exclude FillColor FillColorRGB Group LumiScale MCweight NormFactor NormalizedByTheory "
        "NtupleFile NtupleFileSuff NtupleName NtupleNameSuff NtuplePath NtuplePathSuff Regions "
        "Selection ShapeFactor TexTitle Title Type"
    ),
    "NormFactor": "Constant Exclude Expression Max Min Nominal Regions Samples Title",
    "ShapeFactor": "Exclude Regions Samples",
    "Systematic": (
        "Category CombineName CombineType Decorrelate DropNorm DropShapeIn Exclude "
        "ExcludeRegionSample KeepNormForSamples NtupleFileDown NtupleFileSufDown NtupleFileSufUp "
        "NtupleFileUp NtupleNameDown NtupleNameSufDown NtupleNameSufUp NtupleNameUp NtuplePathDown "
        "NtuplePathSufDown NtuplePathSufUp NtuplePathUp NuisanceParameter OverallDown OverallUp "
        "ReferenceSample Regions SampleDown SampleUp Samples ScaleDown ScaleUp Smoothing "
        "SmoothingOption SubCategory Symmetrisation TexTitle Title Type WeightDown WeightSufDown "
        "WeightSufUp WeightUp"
    ),
}
"""Options by block that something is made of; those of lists may end with ``s``."""
_DEFAULTS = {
    "UseMCstat": "TRUE",
    "GuessMCStatEmptyBins": "TRUE",
    "RemoveLargeSyst": "TRUE",
    # HistFactory's code 4 is n2mu's default for both, called 4p for shapes
    "IntCodeOverall": "4",
    "IntCodeShape": "4",
}


def reason(kind: str, option: str, value: str) -> tuple[_Severity, str]:
    """Return why an option of a block is not carried over, and whether that matters."""
    if value.upper() == _DEFAULTS.get(option, "FALSE") and option in _RESULT.get(kind, {}):
        return "presentation", "is so by default"
    if option in _ELSEWHERE.get(kind, {}):
        return "presentation", _ELSEWHERE[kind][option]
    known = _RESULT.get(kind, {})
    for name in (option, option.removesuffix("s")):
        if name in known:
            return "result", known[name]
    if kind in _COMMANDS:
        return "presentation", _COMMANDS[kind]
    if option in _PRESENTATION.get(kind, "").split():
        return "presentation", "n2mu has its own"
    if _carried(kind, option):
        return "result", "nothing was made of it beside the other options of this block"
    if _UNFOLDING.fullmatch(option):
        return "result", "there is no unfolding"
    if _REFERENCE.fullmatch(option):
        return "result", "a reference has no variation of its own"
    if _HISTOGRAMS.fullmatch(option):
        return "result", "n2mu reads no histograms; it makes templates from ntuples"
    if kind not in _RESULT:
        return "result", f"there is no {kind}"
    return "unknown", "no option that n2mu knows; read what it does before you trust the result"


def _carried(kind: str, option: str) -> bool:
    names = CARRIED.get(kind, "").split()
    singular = re.sub(r"s(?=$|Up$|Down$)", "", option)
    return option in names or singular in names

/** What pages load is everything of the public surface but what is named here, for the reason that is named here. */
import { expect, it } from 'vitest';
import * as papilio from '../../src/index.ts';
import * as page from '../../src/page.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

const left: Readonly<Record<string, readonly string[]>> = {
  'graphs and programs: what a compiler is written with, and graphs to be trained': words(`
    IllegalGraphError compileGraph countProgram encodeModule exactRealTransform featureGraph fftEnds istftGraph planGraph
    printGraph printJavaScript printModule printProgram tableBytesOf transformTypes viewOf wasmModule`),
  'networks and their parameters': words(`
    canonicalize chainShapes chainValues decidedGates encoderDecoder encoderDecoderShapes gateGrains gateKinds gateModes
    gateStates hardConcrete initialize initializeChains initializeEncoderDecoder maskSize parameterShapes parametrizations
    partValues regroup snap starts`),
  'training of transforms': words(`
    adam chainMatrix coderData coderModes coderPhases CoderMeasure compileObjective defaultRadices exactParameters filterPairs
    fit foldTable frobenius gaussNewton gaussNewtonVector hessianVector identifyPermutation interleave jacobianVector lbfgs
    matrixError matrixOf matrixOfFunction matrixPairs methods nextSize pairsOfRows rateAt recommendedPhases recommendedRate
    recommendedTraining roundTripOperator sizeSchedules startParameters targetModel targetNames targets train
    trainEncoderDecoder transformTask`),
  'training of front ends, and what they are made and judged with': words(`
    LearnJob StructureSearch averagedFrames bandCorners bandCount canResynthesize defaultLogMel estimateError
    exactSpectralModel featureError featureNames featuresByPowers frameCount frameWindow framesOfRun inferenceGraph logMelHead
    measuredBins namedFeature partErrors peakErrors referenceFeatures referenceLogMel requireTrainable resultCount resultHop
    resultSamples resultWidth resultsOfRun resynthesize smallestTables spectrumError splitNames splitRecordings tableChoices
    thirdOctaves transformGraph upperError validateLearnOptions validateLogMel windowMultiplications`),
  'search and gates': words(`
    activeButterflies butterflyStates decidedSearch featureObjective gateMap liveOutputs liveWork pruneGates searchGates
    settleGates settledSearch spectrumObjective spectrumSet`),
  'closed forms': words(`
    applyClosedForm chainTargetNames closedForm closedFormConvolution factorizeMatrix factorizeOperator refineStages
    solveSharedTwiddles`),
  'quantisation, correctors and distillation': words(`
    bandSafety corrected correctedSpectrum correctedTransform correctorCost correctorShapes decodeTable distill encodeTables
    frameSignals gaussianSignals halfBits halfRung halfValue heldOutStream latentShapes limbsOf quantize quantizedErrors
    quantizedProvides solveCorrector spectraOf spectralTeacher storeValues studentKinds tableFormats teacherTransform
    trainQuantized transformCost transformProgram withStudent`),
  'studies, certificates and timing': words(`
    AblationBench ablationCells ablationGroups ablationKey cellKey certify colouredSignals differs measure noiseOf percentiles
    publishedRmse ratioOf roundingBound runAblationCell runCell studyCells studyTables studyTargets`),
  'files that training writes, and what is compiled ahead of time from them': words(`
    chainMap correctedEnds decodeChains decodeCorrected decodeEncoderDecoder decodeJob decodeNpy decodeSafetensors
    decodeTables decodeTransform encodeChains encodeCorrected encodeEncoderDecoder encodeJob encodeModel encodeNpy
    encodeSafetensors encodeTransform frontEndModule frontEndTypes isExactTransform mapEnds mapEsModule mapModule mapProgram
    roundTripMap standaloneLoader standaloneModule standaloneTypes transformMap transformModule`),
};

it('pages load all that is not left out for a reason', () => {
  const without = Object.values(left).flat();
  expect(new Set(without).size).toBe(without.length);
  expect(Object.keys(page).sort()).toEqual(
    Object.keys(papilio)
      .filter((name) => !without.includes(name))
      .sort(),
  );
  for (const name of without) expect(papilio).toHaveProperty(name);
});

it('and what they load is the same', () => {
  const made = new Float32Array(800).map((_, i) => 0.5 * Math.sin(i));
  const wav = page.decodeWav(page.encodeWav(made, 8000, { format: 'float32' }), 'a.wav');
  expect([...wav.samples]).toEqual([...made]);
  expect(page.resample(wav.samples, { from: 8000, to: 16000 }).length).toBe(
    page.resampledLength(800, 8000, 16000),
  );
});

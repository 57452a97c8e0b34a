import { createHash } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { SandboxProvider } from './provider.ts';

/** A free account's calls a day. */
const dailyCalls = 100;

const subjects = ['AMBER DRAKE', 'FROST HERALD', 'GILDED LYNX', 'HOLLOW KNIGHT', 'JADE GOLEM'];
const grades = [
  'EXCELLENT 5',
  'EXCELLENT-MINT 6',
  'NEAR MINT 7',
  'NEAR MINT-MINT 8',
  'MINT 9',
  'GEM MINT 10',
];

/** PSA's public API: certificates and their images. Where the facts are from stands in the README beside this file. */
export const psa: SandboxProvider = {
  name: 'psa',
  title: 'PSA',
  basePath: '/publicapi',
  variables: { baseUrl: 'PSA_BASE_URL', key: 'PSA_API_TOKEN' },
  keyPrefix: 'psa',
  usualLatencyMs: 350,
  quota: dailyCalls,
  quotaAnswer: () => ({
    status: 429,
    // A bare JSON string, with no Retry-After.
    body: `API calls quota exceeded! maximum admitted ${dailyCalls} per Day.`,
  }),
  routes(context) {
    const router = express.Router();
    router.use((request: Request, response: Response, next: NextFunction) => {
      const [scheme = '', shown = ''] = (request.get('authorization') ?? '').split(' ');
      if (scheme.toLowerCase() === 'bearer' && shown === context.key) next();
      else
        response.status(401).json({ Message: 'Authorization has been denied for this request.' });
    });
    router.get('/cert/GetByCertNumber/:cert', (request, response) => {
      const { cert } = request.params;
      if (!isCertNumber(cert)) response.json(refusal);
      else if (!exists(cert)) response.json(noData);
      else response.json(certificate(cert));
    });
    router.get('/cert/GetImagesByCertNumber/:cert', (request, response) => {
      const { cert } = request.params;
      if (!isCertNumber(cert)) response.json(refusal);
      else response.json(exists(cert) && hasImages(cert) ? images(cert) : []);
    });
    return router;
  },
};

const refusal = { IsValidRequest: false, ServerMessage: 'Invalid CertNo' };
const noData = { IsValidRequest: true, ServerMessage: 'No data found' };

const isCertNumber = (text: string): boolean => /^\d{5,10}$/.test(text);

/** Certificates that end in 00 were never given out; those that end in 5 have no images. */
const exists = (cert: string): boolean => !cert.endsWith('00');
const hasImages = (cert: string): boolean => !cert.endsWith('5');

const numberOf = (text: string): number =>
  createHash('sha256').update(text).digest().readUInt32BE(0);
const pick = <T>(list: readonly T[], seed: number): T => list[seed % list.length] as T;

function certificate(cert: string) {
  const seed = numberOf(cert);
  const gradeDescription = pick(grades, seed);
  return {
    PSACert: {
      CertNumber: cert,
      SpecID: 1_000_000 + (seed % 900_000),
      SpecNumber: '',
      LabelType: 'LighthouseLabel',
      ReverseBarCode: true,
      Year: String(1995 + (seed % 30)),
      Brand: 'BULWARK SANDBOX PROMOS',
      Category: 'TCG Cards',
      CardNumber: String(1 + (seed % 200)),
      Subject: pick(subjects, seed >>> 3),
      Variety: seed % 3 === 0 ? 'HOLO' : '',
      IsPSADNA: false,
      IsDualCert: false,
      GradeDescription: gradeDescription,
      CardGrade: gradeDescription,
      TotalPopulation: 1 + (seed % 5_000),
      TotalPopulationWithQualifier: 0,
      PopulationHigher: seed % 400,
    },
    DNACert: null,
  };
}

const images = (cert: string) =>
  [true, false].map((IsFrontImage) => ({
    IsFrontImage,
    ImageURL: `https://images.example/cert/${cert}/${IsFrontImage ? 'front' : 'back'}.jpg`,
  }));

import { plainToInstance, Transform } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsDefined,
  IsEmail,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  ValidateIf,
  validateSync,
  type ValidationArguments,
} from 'class-validator';

const AWS_VARIABLES = [
  'AWS_REGION',
  'SES_FROM',
  'SES_CONFIGURATION_SET',
  'SES_TOPIC_ARNS',
  'SES_ENDPOINT',
] as const;
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;

/** What the shop reads from its environment, checked. Without any of {@link AWS_VARIABLES} it needs no AWS. */
export class Environment {
  @Transform(({ value }) => (/^\d{1,9}$/.test(String(value)) ? Number(value) : value))
  @IsInt({ message: got('a port from 0 to 65535, such as 3000') })
  @Min(0, { message: got('a port from 0 to 65535, such as 3000') })
  @Max(65_535, { message: got('a port from 0 to 65535, such as 3000') })
  PORT: number = 3000;

  /** The pages have no login, so nobody but this machine sees them unless HOST says otherwise. */
  @IsString()
  HOST: string = '127.0.0.1';

  @IsIn(['express', 'fastify'], { message: got('express or fastify') })
  HTTP_ADAPTER: 'express' | 'fastify' = 'express';

  // The value is not repeated in the message: it may hold a password.
  @Matches(/^(sqlite:.+|(postgres|postgresql|mysql|mariadb):\/\/.+)$/, {
    message:
      'DATABASE_URL is none of sqlite:shop.sqlite, postgres://user:password@host/shop and mysql://user:password@host/shop',
  })
  DATABASE_URL: string = 'sqlite:sample.sqlite';

  @ValidateIf(usesAws)
  @IsDefined({ message: missing('a region such as eu-west-1') })
  @Matches(/^[a-z]{2}[a-z-]*-\d+$/, { message: got('a region such as eu-west-1') })
  AWS_REGION?: string;

  @ValidateIf(usesAws)
  @IsDefined({ message: missing('a verified sender such as Shop <shop@example.com>') })
  @IsEmail({ allow_display_name: true }, { message: got('one sender such as Shop <shop@example.com>') })
  SES_FROM?: string;

  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{1,64}$/, { message: got('the name of a configuration set') })
  SES_CONFIGURATION_SET?: string;

  @ValidateIf(usesAws)
  @Transform(({ value }) => (typeof value === 'string' ? value.split(',').map((arn) => arn.trim()) : value))
  @IsDefined({ message: missing('SNS topics such as arn:aws:sns:eu-west-1:123456789012:ses-feedback') })
  @ArrayNotEmpty()
  @Matches(TOPIC_ARN, {
    each: true,
    message: got(
      'SNS topic ARNs, separated by commas, such as arn:aws:sns:eu-west-1:123456789012:ses-feedback',
    ),
  })
  SES_TOPIC_ARNS?: string[];

  @IsOptional()
  @IsUrl(
    { require_tld: false, require_protocol: true, protocols: ['http', 'https'] },
    { message: got('an address such as http://127.0.0.1:4579') },
  )
  SES_ENDPOINT?: string;
}

/** Whether any setting asks for SES; otherwise the shop brings a simulator along. */
export function usesAws(environment: Environment): boolean {
  return AWS_VARIABLES.some((name) => environment[name] !== undefined);
}

/**
 * Reads and checks the environment. A variable that is set to nothing counts as not set.
 *
 * @throws Error that names each variable that is wrong or missing
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const set = Object.keys(new Environment()).concat(AWS_VARIABLES);
  const given = Object.fromEntries(set.filter((name) => env[name]?.trim()).map((name) => [name, env[name]]));
  const environment = plainToInstance(Environment, given, { exposeDefaultValues: true });
  const errors = validateSync(environment, { stopAtFirstError: true });
  if (errors.length > 0) {
    const sentences = errors.flatMap(({ constraints }) => Object.values(constraints ?? {}));
    throw new Error(`The environment is not right: ${sentences.join('; ')}`);
  }
  return environment;
}

function got(expected: string) {
  return ({ property, value }: ValidationArguments) => `${property} is "${value}": expected ${expected}`;
}

function missing(expected: string): string {
  const others = AWS_VARIABLES.join(', ');
  return `$property is missing: expected ${expected} (to run on the built-in simulator instead, set none of ${others})`;
}

/** Where the simulated account lives. */
export interface Place {
  region: string;
  account: string;
}

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** `resource` such as `identity/example.com`, `configuration-set/main` or `template/welcome`. */
export function sesArn({ region, account }: Place, resource: string): string {
  return `arn:${partitionOf(region)}:ses:${region}:${account}:${resource}`;
}

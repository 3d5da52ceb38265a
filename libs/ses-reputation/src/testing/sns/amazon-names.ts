/** The partition a region belongs to: the second part of each of its ARNs. */
export function partitionOf(region: string): 'aws' | 'aws-cn' | 'aws-us-gov' {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** The host that serves SNS, its certificates and its confirmation links in a region. */
export function snsHost(region: string): string {
  const suffix = partitionOf(region) === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `sns.${region}.${suffix}`;
}

/** `arn:aws:sns:us-east-1:123456789012:name` */
export function topicArnOf(region: string, account: string, name: string): string {
  return `arn:${partitionOf(region)}:sns:${region}:${account}:${name}`;
}

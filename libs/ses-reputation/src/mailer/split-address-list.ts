/**
 * Cuts a list of addresses at its commas and semicolons, and takes the names of groups (`team: a@x, b@y;`)
 * away. Strict on purpose: a lenient parser makes `ann smith@example.com` a mail to smith, and drops the
 * second of two addresses with only a space between; here each piece must be one address by itself.
 */
export function splitAddressList(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let quoted = false;
  let angled = false;
  let comments = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    const bare = !quoted && !angled && comments === 0;
    if (c === '\\' && (quoted || comments > 0)) {
      piece += text.slice(i, i + 2);
      i++;
      continue;
    }
    if (bare && (c === ',' || c === ';' || c === ':')) {
      if (c !== ':') pieces.push(piece);
      piece = '';
      continue;
    }
    if (c === '"' && comments === 0) quoted = !quoted;
    else if (c === '(' && !quoted) comments++;
    else if (c === ')' && !quoted && comments > 0) comments--;
    else if (c === '<' && bare) angled = true;
    else if (c === '>' && !quoted && comments === 0) angled = false;
    piece += c;
  }
  pieces.push(piece);
  return pieces.map((one) => one.trim()).filter((one) => one !== '');
}

/** Longest JWKS that is read, in bytes. A project's is below 2 KB. */
const largestKeySet = 65_536;

/** Fetches a JWKS. Rejects on anything but a plain 200 with JSON of sane size in time; redirects are not followed. */
export async function fetchKeySet(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal,
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  // The size is counted after decompression. Leaving the loop by an error cancels the rest.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > largestKeySet) throw new Error('the key set is too large');
    text += decoder.decode(chunk, { stream: true });
  }
  try {
    return JSON.parse(text + decoder.decode());
  } catch {
    throw new Error('the key set is not JSON');
  }
}

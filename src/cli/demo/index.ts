export async function runDemo(_flags: { keep?: boolean }): Promise<void> {}

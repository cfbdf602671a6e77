export function fill(page: string, data: unknown): string;

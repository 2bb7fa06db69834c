/** Whether a path is the list's: with a slash at its end it is the same page. */
export const isList = (pathname: string) => /^\/projects\/?$/.test(pathname);

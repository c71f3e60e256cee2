declare module '*.css' {
  const text: string;
  export default text;
}
declare const __ENGINE__: string;

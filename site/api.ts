/** The public names of every entry, from the sources: what each is called, what it says of itself, its declaration, where it stands. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

export type Kind = 'function' | 'class' | 'type' | 'constant' | 'namespace';

/** A public name. */
export interface PublicName {
  readonly name: string;
  readonly kind: Kind;
  /** Its docstring, in Markdown. */
  readonly text: string;
  /** Its declaration without bodies, in TypeScript. */
  readonly declaration: string;
  /** Where it is declared: a path from the root, and a line. */
  readonly path: string;
  readonly line: number;
}

/** What one imports from. */
export interface Entry {
  /** `papilio`, `papilio/learn`, ... */
  readonly module: string;
  /** Of its page: `papilio`, `learn`, `compat-meyda`. */
  readonly id: string;
  readonly text: string;
  readonly names: readonly PublicName[];
}

/** Entries of package.json with the sources they are built of. */
export function entryPaths(root: string): { readonly module: string; readonly path: string }[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { readonly types: string }>;
  };
  return Object.entries(exports).flatMap(([name, target]) =>
    typeof target === 'string'
      ? []
      : [
          {
            module: `papilio${name.slice(1)}`,
            path: target.types.replace('./dist/', 'src/').replace('.d.ts', '.ts'),
          },
        ],
  );
}

/** A longest text of a type that is written out. */
const longest = 1200;
const plain = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias;

/** Prints declarations of one program. */
class Printer {
  readonly root: string;
  readonly checker: ts.TypeChecker;

  constructor(root: string, checker: ts.TypeChecker) {
    this.root = root;
    this.checker = checker;
  }

  /** A parameter that is taken apart has a name again. */
  private parameter(p: ts.ParameterDeclaration): string {
    if (ts.isIdentifier(p.name)) return p.getText();
    const type = p.type?.getText() ?? this.checker.typeToString(this.checker.getTypeAtLocation(p), p, plain);
    return `${/Options|Settings/.test(type) ? 'options' : 'given'}${p.initializer ? '?' : ''}: ${type}`;
  }

  private signature(node: ts.SignatureDeclaration, between: string): string {
    const generic = node.typeParameters ? `<${node.typeParameters.map((t) => t.getText()).join(', ')}>` : '';
    const parameters = node.parameters.map((p) => this.parameter(p));
    const inferred = this.checker.getSignatureFromDeclaration(node);
    const returned =
      node.type?.getText() ??
      (inferred ? this.checker.typeToString(inferred.getReturnType(), node, plain) : 'void');
    const line = parameters.join(', ');
    const list = line.length > 70 ? `\n  ${parameters.join(',\n  ')},\n` : line;
    return `${generic}(${list})${between} ${returned}`;
  }

  private variable(node: ts.VariableDeclaration): string {
    const name = node.name.getText();
    const value = node.initializer;
    if (!node.type && value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value)))
      return `function ${name}${this.signature(value, ':')}`;
    const type =
      node.type?.getText() ?? this.checker.typeToString(this.checker.getTypeAtLocation(node), node, plain);
    return `const ${name}: ${type.length > longest ? `${type.slice(0, longest)} …` : type}`;
  }

  private member(m: ts.ClassElement): string[] {
    const flags = ts.getCombinedModifierFlags(m);
    if (
      flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Override) ||
      (m.name && ts.isPrivateIdentifier(m.name))
    )
      return [];
    if (ts.getJSDocTags(m).some((t) => t.tagName.text === 'internal')) return [];
    const [comment] = ts.getJSDocCommentsAndTags(m).filter((x) => ts.isJSDoc(x));
    const before = comment ? `${comment.getText()}\n` : '';
    const modifiers = ['static', 'readonly', 'get', 'protected'].filter((word) =>
      word === 'get'
        ? ts.isGetAccessor(m)
        : (flags &
            {
              static: ts.ModifierFlags.Static,
              readonly: ts.ModifierFlags.Readonly,
              protected: ts.ModifierFlags.Protected,
            }[word as 'static']) !==
          0,
    );
    const start = [...modifiers, ''].join(' ');
    if (ts.isConstructorDeclaration(m))
      return [`${before}constructor${this.signature(m, '').replace(/ [^)]*$/, '')};`];
    const name = m.name?.getText() ?? '';
    if (ts.isMethodDeclaration(m) || ts.isGetAccessor(m))
      return [`${before}${start}${name}${this.signature(m, ':')};`];
    if (!ts.isPropertyDeclaration(m)) return [];
    const type = m.type?.getText() ?? this.checker.typeToString(this.checker.getTypeAtLocation(m), m, plain);
    return [`${before}${start}${name}${m.questionToken ? '?' : ''}: ${type};`];
  }

  private class(node: ts.ClassDeclaration): string {
    const heritage = (node.heritageClauses ?? []).map((h) => ` ${h.getText()}`).join('');
    const generic = node.typeParameters ? `<${node.typeParameters.map((t) => t.getText()).join(', ')}>` : '';
    const members = node.members.flatMap((m) => this.member(m)).map((m) => m.replace(/^/gm, '  '));
    const body = members.length === 0 ? '{}' : `{\n${members.join('\n')}\n}`;
    return `class ${node.name?.text ?? ''}${generic}${heritage} ${body}`;
  }

  /** A type that is made from values is written out behind its text. */
  private alias(node: ts.TypeAliasDeclaration): string {
    const text = node.getText().replace(/^export /, '');
    if (!/\b(?:typeof|ShapeOf)\b/.test(text)) return text;
    const full = this.checker.typeToString(this.checker.getTypeAtLocation(node), node, plain);
    return full.length > longest || text.includes(full) ? text : `${text}\n// ${full}`;
  }

  declaration(node: ts.Declaration): { readonly kind: Kind; readonly text: string } {
    if (ts.isFunctionDeclaration(node))
      return { kind: 'function', text: `function ${node.name?.text ?? ''}${this.signature(node, ':')}` };
    if (ts.isClassDeclaration(node)) return { kind: 'class', text: this.class(node) };
    if (ts.isInterfaceDeclaration(node))
      return { kind: 'type', text: node.getText().replace(/^export /, '') };
    if (ts.isTypeAliasDeclaration(node)) return { kind: 'type', text: this.alias(node) };
    if (ts.isVariableDeclaration(node)) {
      const text = this.variable(node);
      return { kind: text.startsWith('function') ? 'function' : 'constant', text };
    }
    return { kind: 'namespace', text: `namespace of ${relative(this.root, node.getSourceFile().fileName)}` };
  }

  name(exported: ts.Symbol): PublicName {
    const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? this.checker.getAliasedSymbol(exported) : exported;
    const all = symbol.declarations ?? [];
    // Of an overloaded function: its signatures, not its body.
    const signatures = all.filter((d) => !(ts.isFunctionDeclaration(d) && d.body && all.length > 1));
    const printed = signatures.map((d) => this.declaration(d));
    const file = all[0].getSourceFile();
    return {
      name: exported.name,
      kind: printed[0].kind,
      text: ts.displayPartsToString(symbol.getDocumentationComment(this.checker)),
      declaration: printed.map((p) => p.text).join('\n'),
      path: relative(this.root, file.fileName),
      line: file.getLineAndCharacterOfPosition(all[0].getStart()).line + 1,
    };
  }
}

/** What the comment at the head of a file says. */
function headOf(file: ts.SourceFile): string {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(file.text)?.[1] ?? '';
  return comment
    .replace(/^\s*\*? ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** All entries, in the order of package.json; names in the order in which an entry exports them. */
export function apiOf(root: string): Entry[] {
  const entries = entryPaths(root);
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    entries.map((e) => join(root, e.path)),
    options,
  );
  const printer = new Printer(root, program.getTypeChecker());
  return entries.map(({ module, path }) => {
    const file = program.getSourceFile(join(root, path));
    const symbol = file && printer.checker.getSymbolAtLocation(file);
    if (!symbol) throw new Error(`${path}: nothing is exported`);
    return {
      module,
      id: module === 'papilio' ? module : module.replace('papilio/', '').replaceAll(/\W/g, '-'),
      text: headOf(file),
      names: printer.checker.getExportsOfModule(symbol).map((s) => printer.name(s)),
    };
  });
}

// Command configdoc writes docs/config.md from the comments and defaults of the config's structs.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"

	"simgan/internal/atomicfile"
	"simgan/trainer/config"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: configdoc REPOSITORY FILE")
		os.Exit(2)
	}
	text, err := document(os.Args[1])
	if err == nil {
		err = atomicfile.Write(os.Args[2], []byte(text))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "configdoc:", err)
		os.Exit(1)
	}
}

// record holds what the source says of a struct of the config.
type record struct {
	doc    string
	fields []field
}

type field struct{ key, of, comment string } // of: the type's name, without its package

const head = `# Config keys

<!-- Written by make docs from the comments in trainer/config and models/architecture: edit those. -->

A config is YAML. A preset (%[1]s--preset%[1]s) sets keys over the defaults, a file (%[1]s--config%[1]s) sets them over
the preset, and %[1]s--set key=value%[1]s sets one over both. %[1]ssimgan train --dry-run%[1]s prints the resolved
config; that of a run is its %[1]sconfig.yaml%[1]s. Brackets say where a value comes from.
`

// document returns the page: a table for each struct, then the presets.
func document(repository string) (string, error) {
	records := map[string]record{}
	for _, folder := range []string{"trainer/config", "models/architecture"} {
		if err := read(filepath.Join(repository, folder), records); err != nil {
			return "", err
		}
	}
	var defaults map[string]any
	standard := config.Default()
	encoded, err := yaml.Marshal(standard)
	if err != nil {
		return "", err
	}
	if err := yaml.Unmarshal(encoded, &defaults); err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, head, "`")
	if err := section(&out, records, "Config", "", defaults); err != nil {
		return "", err
	}
	out.WriteString("\n## Presets\n\nWhat each sets over the defaults.\n")
	for _, name := range config.PresetNames() {
		preset, err := config.Preset(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "\n### %s\n\n```yaml\n%s```\n", name, preset)
	}
	return out.String(), nil
}

// section writes the table of a struct's keys, then those of the structs in it.
func section(out *strings.Builder, records map[string]record, name, prefix string, defaults map[string]any) error {
	r, ok := records[name]
	if !ok {
		return fmt.Errorf("no struct %s in trainer/config or models/architecture", name)
	}
	if prefix != "" {
		doc := strings.TrimPrefix(r.doc, name+" ") // a reader of the page knows no Go types
		fmt.Fprintf(out, "\n## %s\n\n%s%s\n", strings.TrimSuffix(prefix, "."), strings.ToUpper(doc[:1]), doc[1:])
	}
	out.WriteString("\n| key | default | meaning |\n|---|---|---|\n")
	for _, f := range r.fields {
		if records[f.of].fields != nil {
			continue
		}
		if f.comment == "" {
			return fmt.Errorf("%s%s has no comment", prefix, f.key)
		}
		meaning := strings.ReplaceAll(f.comment, "|", `\|`)
		fmt.Fprintf(out, "| `%s%s` | %s | %s |\n", prefix, f.key, quoted(defaults[f.key]), meaning)
	}
	for _, f := range r.fields {
		if records[f.of].fields == nil {
			continue
		}
		inner, ok := defaults[f.key].(map[string]any)
		if !ok {
			return fmt.Errorf("%s%s is no part of the defaults", prefix, f.key)
		}
		if err := section(out, records, f.of, prefix+f.key+".", inner); err != nil {
			return err
		}
	}
	return nil
}

func quoted(v any) string {
	if text := fmt.Sprint(v); text != "" {
		return "`" + text + "`"
	}
	return "none"
}

// read finds the structs with YAML keys in a folder's Go files.
func read(folder string, records map[string]record) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, d := range parsed.Decls {
			general, ok := d.(*ast.GenDecl)
			if !ok || general.Tok != token.TYPE {
				continue
			}
			spec := general.Specs[0].(*ast.TypeSpec)
			if fields := keys(spec.Type); fields != nil {
				records[spec.Name.Name] = record{strings.Join(strings.Fields(general.Doc.Text()), " "), fields}
			}
		}
	}
	return nil
}

// keys returns the fields of a struct that have YAML keys.
func keys(t ast.Expr) (fields []field) {
	structure, ok := t.(*ast.StructType)
	if !ok {
		return nil
	}
	for _, f := range structure.Fields.List {
		if f.Tag == nil {
			continue
		}
		key := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("yaml")
		if key == "" {
			continue
		}
		of := ""
		switch t := f.Type.(type) {
		case *ast.Ident:
			of = t.Name
		case *ast.SelectorExpr:
			of = t.Sel.Name
		}
		comment := f.Doc.Text() + f.Comment.Text() // above the field or on its line
		fields = append(fields, field{key, of, strings.Join(strings.Fields(comment), " ")})
	}
	return fields
}

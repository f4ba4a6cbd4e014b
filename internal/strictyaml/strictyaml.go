// Package strictyaml decodes YAML that a user wrote: unknown keys are refused, and errors are in the user's words.
package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Decode decodes one document into v. An empty text changes nothing. It returns every problem that the decoder found,
// each with its line. unknown says what a field is that the named Go struct does not have, such as "is no config key".
func Decode(text []byte, v any, unknown func(structName, field string) string) []error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	err := d.Decode(v)
	var typed *yaml.TypeError
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &typed):
		var problems []error
		for _, e := range typed.Errors {
			problems = append(problems, errors.New(readable(e, unknown)))
		}
		return problems
	case err != nil:
		return []error{err}
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return []error{errors.New("holds more than one YAML document (after ---): keep one")}
	}
	return nil
}

// goType matches how yaml.v3 reports a key that a struct does not have.
var goType = regexp.MustCompile(`(field (\S+)) not found in type \w+\.(\w+)`)

// readable replaces yaml.v3's Go words by the user's.
func readable(message string, unknown func(structName, field string) string) string {
	if found := goType.FindStringSubmatch(message); found != nil {
		message = strings.ReplaceAll(message, found[0], found[1]+" "+unknown(found[3], found[2]))
	}
	return strings.ReplaceAll(message, "cannot unmarshal !!", "cannot read ")
}

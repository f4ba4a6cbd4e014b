package data

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"simgan/data/picture"
)

// jsonLines reads labels from JSON Lines: one object per image, in one line each. Nested objects and arrays become
// columns of their own: {"gaze": {"x": 1}, "at": [2, 3]} has gaze.x, at.0 and at.1. Numbers keep their digits. null is
// an empty cell.
type jsonLines struct {
	lines   *bufio.Scanner
	line    int
	columns []string // of the first object, the image's path first
	first   []string // its values, until they are read
}

// Bounds of a line of JSON Lines: bytes, and depth of objects and arrays.
const maxJSONLine, maxJSONDepth = 1 << 20, 16

// isJSONLines reports whether a file of labels is in JSON Lines, by its name.
func isJSONLines(path string) bool {
	return slices.Contains([]string{".json", ".jsonl", ".ndjson"}, strings.ToLower(filepath.Ext(path)))
}

// newJSONLines reads the first object. Its first text that is a picture's name is the image's path.
func newJSONLines(r io.Reader) (*jsonLines, error) {
	j := &jsonLines{lines: bufio.NewScanner(r)}
	j.lines.Buffer(nil, maxJSONLine)
	columns, values, err := j.object()
	if errors.Is(err, io.EOF) {
		return nil, errors.New(`is empty; write an object per image, for example {"file": "a.png", "x": 1}`)
	}
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(values, picture.HasName)
	if at < 0 {
		return nil, fmt.Errorf(
			`line %d: no value is a picture's name; name the image, as in {"file": "a.png", "x": 1}`, j.line)
	}
	j.columns, j.first = toFront(columns, at), toFront(values, at)
	return j, nil
}

// toFront returns the texts with the one at index at first.
func toFront(texts []string, at int) []string {
	return slices.Concat(texts[at:at+1], texts[:at], texts[at+1:])
}

// read returns the values of the next object in the order of the columns, and its line.
func (j *jsonLines) read() (values []string, line int, err error) {
	if j.first != nil {
		values, j.first = j.first, nil
		return values, j.line, nil
	}
	names, found, err := j.object()
	if err != nil {
		return nil, 0, err
	}
	values = make([]string, len(j.columns))
	for i, column := range j.columns {
		at := slices.Index(names, column)
		if at < 0 || len(names) != len(j.columns) {
			return nil, 0, fmt.Errorf("line %d: has the keys %s, the first object %s; give every object the same keys",
				j.line, strings.Join(names, ", "), strings.Join(j.columns, ", "))
		}
		values[i] = found[at]
	}
	return values, j.line, nil
}

// object returns the keys and values of the next line that is not empty; io.EOF at the end.
func (j *jsonLines) object() (names, values []string, err error) {
	for j.lines.Scan() {
		j.line++
		text := bytes.TrimSpace(j.lines.Bytes())
		if len(text) == 0 {
			continue
		}
		if text[0] != '{' {
			return nil, nil, fmt.Errorf("line %d: is no object of its own; write JSON Lines, one object per line", j.line)
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if names, values, err = flatten(decoder, "", 0, nil, nil); err == nil && decoder.More() {
			err = errors.New("goes on after the object; write one object per line")
		}
		if err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", j.line, err)
		}
		return names, values, nil
	}
	if err := j.lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("line %d: %w", j.line+1, err)
	}
	return nil, nil, io.EOF
}

// flatten reads one JSON value, and appends what is in it with the name of each part.
func flatten(d *json.Decoder, name string, depth int, names, values []string) ([]string, []string, error) {
	token, err := d.Token()
	if err != nil {
		return nil, nil, notOneLine(err)
	}
	open, isOpen := token.(json.Delim)
	if !isOpen {
		if len(names) >= maxColumns {
			return nil, nil, fmt.Errorf("has more than %d values", maxColumns)
		}
		value := ""
		if token != nil {
			value = fmt.Sprint(token)
		}
		return append(names, name), append(values, value), nil
	}
	if depth == maxJSONDepth {
		return nil, nil, fmt.Errorf("is more than %d objects and arrays deep", maxJSONDepth)
	}
	for i := 0; d.More(); i++ {
		part := fmt.Sprint(i)
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return nil, nil, notOneLine(err)
			}
			part = fmt.Sprint(key)
		}
		if name != "" {
			part = name + "." + part
		}
		if names, values, err = flatten(d, part, depth+1, names, values); err != nil {
			return nil, nil, err
		}
	}
	if _, err := d.Token(); err != nil { // the closing bracket
		return nil, nil, notOneLine(err)
	}
	return names, values, nil
}

// notOneLine says that a line is no whole object. At the line's end err is io.EOF, which is not the file's end.
func notOneLine(err error) error { return fmt.Errorf("is no JSON object in one line: %v", err) }

package npy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// dict reads the header's Python literal, a dictionary of descr, fortran_order and shape.
type dict struct{ rest string }

func (d *dict) space() { d.rest = strings.TrimLeft(d.rest, " \t\n") }

// take skips the text and returns true if it comes next.
func (d *dict) take(text string) bool {
	d.space()
	rest, ok := strings.CutPrefix(d.rest, text)
	d.rest = rest
	return ok
}

// quoted returns the next 'text' or "text". The header's texts have no escapes.
func (d *dict) quoted() (string, error) {
	for _, mark := range []string{"'", `"`} {
		if d.take(mark) {
			text, rest, ok := strings.Cut(d.rest, mark)
			d.rest = rest
			if !ok || strings.Contains(text, `\`) {
				break
			}
			return text, nil
		}
	}
	return "", errors.New("a quoted text is expected")
}

// shape returns the next tuple of integers.
func (d *dict) shape() ([]int, error) {
	if !d.take("(") {
		return nil, errors.New("shape is not a tuple")
	}
	shape := []int{}
	for !d.take(")") {
		end := strings.IndexAny(d.rest, ",)")
		if end < 0 || len(shape) == maxDims {
			return nil, errors.New("shape has no end")
		}
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(d.rest[:end]), "L"))
		if err != nil || n < 0 {
			return nil, fmt.Errorf("shape has %q instead of a size", d.rest[:end])
		}
		shape = append(shape, n)
		d.rest = d.rest[end:]
		d.take(",")
	}
	return shape, nil
}

func parseDict(text string) (h Header, err error) {
	d := &dict{text}
	if !d.take("{") {
		return h, errors.New("the header is not a dictionary")
	}
	seen := map[string]bool{}
	for !d.take("}") {
		key, err := d.quoted()
		if err != nil || seen[key] || !d.take(":") {
			return h, errors.New("the header is not a dictionary of descr, fortran_order and shape")
		}
		seen[key] = true
		switch key {
		case "descr":
			h.Type, err = d.quoted()
		case "shape":
			h.Shape, err = d.shape()
		case "fortran_order":
			if !d.take("False") {
				err = errors.New("is in Fortran order; convert it with numpy.ascontiguousarray")
			}
		default:
			err = fmt.Errorf("key %q is unknown", key)
		}
		if err != nil {
			return h, fmt.Errorf("header: %w", err)
		}
		if !d.take(",") && !strings.HasPrefix(d.rest, "}") {
			return h, errors.New("the header is cut short")
		}
	}
	if len(seen) != 3 {
		return h, errors.New("the header lacks descr, fortran_order or shape")
	}
	return h, nil
}

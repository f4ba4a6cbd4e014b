//go:build hdf5

// Package h5names lists an HDF5 group in one pass. gonum.org/v1/hdf5 names one link per call, and searches for each
// from the group's start.
package h5names

/*
#cgo CFLAGS: -I/usr/local/include -I/usr/lib/x86_64-linux-gnu/hdf5/serial/include
#cgo LDFLAGS: -L/usr/local/lib -L/usr/lib/x86_64-linux-gnu/hdf5/serial -lhdf5
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

// Names, each followed by a NUL.
typedef struct { char *text; size_t used, room; } sg_names;

static herr_t sg_add(hid_t group, const char *name, const H5L_info_t *info, void *to) {
	sg_names *n = to;
	size_t size = strlen(name) + 1;
	if (n->room - n->used < size) {
		size_t room = 2 * n->room + size;
		char *text = realloc(n->text, room);
		if (text == NULL) return -1;
		n->text = text;
		n->room = room;
	}
	memcpy(n->text + n->used, name, size);
	n->used += size;
	return 0;
}

static herr_t sg_list(hid_t group, sg_names *n) {
	return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, sg_add, n);
}
*/
import "C"

import (
	"errors"
	"strings"
	"unsafe"
)

// List returns the names of an open group's links, in the order of their bytes. The caller keeps other threads out of
// libhdf5.
func List(group int64) ([]string, error) {
	var n C.sg_names
	defer func() { C.free(unsafe.Pointer(n.text)) }()
	if C.sg_list(C.hid_t(group), &n) < 0 {
		return nil, errors.New("HDF5 cannot list the group")
	}
	if n.used == 0 {
		return nil, nil
	}
	text := string(unsafe.Slice((*byte)(unsafe.Pointer(n.text)), int(n.used)))
	return strings.Split(strings.TrimSuffix(text, "\x00"), "\x00"), nil
}

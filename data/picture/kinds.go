package picture

import (
	"fmt"
	"image"
	"io"
	"path"
	"slices"
	"strings"

	_ "golang.org/x/image/tiff" // image.Decode knows TIFF
	_ "golang.org/x/image/webp" // and WebP
)

// kinds is what pictures may be, for errors.
const kinds = "PNG, JPEG, TIFF or WebP"

// extensions are those of the kinds.
var extensions = []string{".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"}

// HasName reports whether a file is named as a picture that can be read.
func HasName(name string) bool { return slices.Contains(extensions, strings.ToLower(path.Ext(name))) }

// foreign are pictures that cannot be read and are no rarity: phones write HEIC, web sites AVIF.
var foreign = []string{".heic", ".heif", ".avif"}

// HasForeignName reports whether a file is named as a picture of a kind that cannot be read.
func HasForeignName(name string) bool {
	return slices.Contains(foreign, strings.ToLower(path.Ext(name)))
}

// Conversion says how to convert pictures of a kind that cannot be read.
const Conversion = "convert it, for example: magick FILE.heic FILE.png (ImageMagick), " +
	"or heif-convert FILE.heic FILE.png (libheif-examples)"

// unknown returns the error of a file that no decoder knows.
func unknown(name string, file io.ReaderAt, err error) error {
	head := make([]byte, 32)
	n, _ := file.ReadAt(head, 0)
	head = head[:n]
	if n >= 12 && string(head[4:8]) == "ftyp" {
		for _, brand := range []string{"heic", "heix", "heif", "hevc", "mif1", "msf1", "avif"} {
			if strings.Contains(string(head[8:]), brand) {
				return fmt.Errorf("%s: is HEIC or AVIF, which simgan does not read: %s", name, Conversion)
			}
		}
	}
	return Unreadable(name, kinds, err)
}

// fromFile copies a decoded picture as it is to be seen: upright, and with one channel if it is grey.
func fromFile(m image.Image, kind string, file io.ReaderAt) Image {
	out := fromStd
	if kind == "webp" {
		out = fromWebP
	}
	picture := out(m)
	if kind == "png" && isGreyPNG(file) {
		picture = Image{1, picture.H, picture.W, picture.Bits, picture.Pix[:picture.H*picture.W]}
	}
	return picture.turned(orientation(file))
}

// isGreyPNG reports whether a PNG's header says grey (0) or grey with alpha (4), which image/png decodes as colour.
func isGreyPNG(file io.ReaderAt) bool {
	var colour [1]byte
	n, _ := file.ReadAt(colour[:], 25)
	return n == 1 && (colour[0] == 0 || colour[0] == 4)
}

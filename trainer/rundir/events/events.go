// Package events writes TensorBoard event files: TFRecords of Event messages (tensorboard/compat/proto/event.proto),
// encoded by hand, because few of their fields are needed.
package events

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the messages that are written.
const (
	eventWallTime, eventStep, eventFileVersion, eventSummary, eventSession = 1, 2, 3, 5, 7
	summaryValue, valueTag, valueScalar, valueImage                        = 1, 1, 2, 4
	valueTensor, valueMetadata                                             = 8, 9
	imageHeight, imageWidth, imageColorspace, imagePNG                     = 1, 2, 3, 4
	sessionStatus, sessionStart                                            = 1, 1

	metadataPlugin, pluginName                         = 1, 1
	tensorType, tensorShape, tensorStrings, typeString = 1, 2, 8, 7
)

// Writer appends to one event file.
type Writer struct{ file *os.File }

// Create makes a new event file in the folder. Where a run goes on at firstStep > 0, TensorBoard is told to forget what
// earlier files hold of later steps.
func Create(dir string, firstStep int64) (*Writer, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	now := time.Now()
	name := fmt.Sprintf("%s%d.%s.%d.%d", prefix, second(dir, now.Unix()), host, os.Getpid(), now.Nanosecond())
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	w := &Writer{file}
	version := protowire.AppendTag(nil, eventFileVersion, protowire.BytesType)
	err = w.event(0, protowire.AppendString(version, "brain.Event:2"))
	if err == nil && firstStep > 0 {
		session := protowire.AppendTag(nil, sessionStatus, protowire.VarintType)
		err = w.event(firstStep, bytes(eventSession, protowire.AppendVarint(session, sessionStart)))
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return w, nil
}

// prefix begins the name of an event file; the second in which it was made follows.
const prefix = "events.out.tfevents."

// second returns now, or the second after that of the newest event file. TensorBoard reads files in the order of their
// names, but a clock may be set back between two processes, and both may start within a second.
func second(dir string, now int64) int64 {
	entries, _ := os.ReadDir(dir) // if this fails, creating the file says why
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), prefix)
		stamp, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.ParseInt(stamp, 10, 64); ours && err == nil {
			now = max(now, n+1)
		}
	}
	return now
}

// Scalars writes one value a tag.
func (w *Writer) Scalars(step int64, values map[string]float64) error {
	tags := make([]string, 0, len(values))
	for tag := range values {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	var summary []byte
	for _, tag := range tags {
		value := bytes(valueTag, []byte(tag))
		value = protowire.AppendTag(value, valueScalar, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(values[tag])))
		summary = append(summary, bytes(summaryValue, value)...)
	}
	return w.event(step, bytes(eventSummary, summary))
}

// Image writes a PNG of width x height pixels.
func (w *Writer) Image(step int64, tag string, png []byte, width, height int) error {
	var image []byte
	for field, v := range []int{imageHeight: height, imageWidth: width, imageColorspace: 1} {
		if field > 0 {
			image = protowire.AppendTag(image, protowire.Number(field), protowire.VarintType)
			image = protowire.AppendVarint(image, uint64(v))
		}
	}
	image = append(image, bytes(imagePNG, png)...)
	value := append(bytes(valueTag, []byte(tag)), bytes(valueImage, image)...)
	return w.event(step, bytes(eventSummary, bytes(summaryValue, value)))
}

// Text writes a text, which TensorBoard reads as Markdown.
func (w *Writer) Text(step int64, tag, text string) error {
	plugin := bytes(metadataPlugin, bytes(pluginName, []byte("text")))
	tensor := protowire.AppendVarint(protowire.AppendTag(nil, tensorType, protowire.VarintType), typeString)
	tensor = append(append(tensor, bytes(tensorShape, nil)...), bytes(tensorStrings, []byte(text))...)
	value := append(bytes(valueTag, []byte(tag)), bytes(valueMetadata, plugin)...)
	value = append(value, bytes(valueTensor, tensor)...)
	return w.event(step, bytes(eventSummary, bytes(summaryValue, value)))
}

// Close ends the file.
func (w *Writer) Close() error { return w.file.Close() }

// bytes is a length-delimited field.
func bytes(field protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), content)
}

// event writes one record: the event's length and its checksum, the event and its checksum.
func (w *Writer) event(step int64, content []byte) error {
	event := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	event = protowire.AppendFixed64(event, math.Float64bits(float64(time.Now().UnixNano())/1e9))
	event = protowire.AppendTag(event, eventStep, protowire.VarintType)
	event = append(protowire.AppendVarint(event, uint64(step)), content...)
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(event)))
	record := binary.LittleEndian.AppendUint32(length, masked(length))
	record = append(record, event...)
	record = binary.LittleEndian.AppendUint32(record, masked(event))
	_, err := w.file.Write(record)
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the checksum of TFRecord: CRC32-C, rotated by 15 bits, plus a constant.
func masked(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// Command strangers asks code that we did not write what it thinks of logs: Tessera's fsck, and Go's own
// golang.org/x/mod/sumdb (note and tlog). It reads one question a line, as JSON, and answers each with one.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"k8s.io/klog/v2"
)

const tileHeight = 8

// question names a directory with a log, or the proof of an entry.
type question struct {
	Dir   string `json:"dir,omitempty"`
	Proof string `json:"proof,omitempty"`
	Entry string `json:"entry,omitempty"`
}

// answer holds what each verifier objects to; an empty string is no objection.
type answer struct {
	Fsck  *string `json:"fsck,omitempty"`
	Sumdb *string `json:"sumdb,omitempty"`
}

func main() {
	key := flag.String("key", "", "the log's Ed25519 key: name+id+base64")
	flag.Parse()
	// fsck logs what it found as well as returning it.
	quiet := flag.NewFlagSet("", flag.ContinueOnError)
	klog.InitFlags(quiet)
	_ = quiet.Set("logtostderr", "false")
	klog.SetOutput(io.Discard)
	verifier, err := note.NewVerifier(*key)
	if err != nil {
		log.Fatalf("-key: %v", err)
	}
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatalf("a question: %v", err)
		}
		var told answer
		if asked.Proof != "" {
			told.Sumdb = objection(checkProof(asked.Proof, asked.Entry, verifier))
		} else {
			told.Fsck = objection(checkWithFsck(asked.Dir, verifier))
			told.Sumdb = objection(checkWithSumdb(asked.Dir, verifier))
		}
		if err := out.Encode(told); err != nil {
			log.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

func objection(err error) *string {
	text := ""
	if err != nil {
		text = strings.SplitN(err.Error(), "\n", 2)[0]
		if len(text) > 300 {
			text = text[:300]
		}
	}
	return &text
}

// checkWithFsck lets Tessera rebuild the whole tree from the entries and compare every tile and the root. It panics at a
// bundle that is too short, and one of its workers ends at each wrong tile: there are more of them than tiles.
func checkWithFsck(dir string, verifier note.Verifier) (err error) {
	const workers = 4096
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	hashes := func(bundle []byte) ([][]byte, error) {
		var entries api.EntryBundle
		if err := entries.UnmarshalText(bundle); err != nil {
			return nil, err
		}
		var leaves [][]byte
		for _, entry := range entries.Entries {
			leaves = append(leaves, rfc6962.DefaultHasher.HashLeaf(entry))
		}
		return leaves, nil
	}
	source := &client.FileFetcher{Root: dir}
	return fsck.New(verifier.Name(), verifier, source, hashes, fsck.Opts{N: workers}).Check(context.Background())
}

// checkWithSumdb opens every checkpoint with package note, and with package tlog rehashes every entry, authenticates every
// tile against the root, checks the record proof of entries all over the log, and the tree proof of every checkpoint.
func checkWithSumdb(dir string, verifier note.Verifier) error {
	current, err := openCheckpoint(filepath.Join(dir, "checkpoint"), verifier)
	if err != nil {
		return err
	}
	entries, err := readEntries(dir, current.N)
	if err != nil {
		return err
	}
	var stored memoryHashes
	for at, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(at), entry, &stored)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(current.N, &stored)
	if err != nil {
		return err
	}
	if root != current.Hash {
		return errors.New("the entries hash to another root")
	}
	tiles := tlog.TileHashReader(current, &fileTiles{dir})
	const atOnce = 1024
	for from := int64(0); from < current.N; from += atOnce {
		var indexes []int64
		for at := from; at < min(from+atOnce, current.N); at++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, at))
		}
		leaves, err := tiles.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for at, leaf := range leaves {
			if leaf != tlog.RecordHash(entries[from+int64(at)]) {
				return fmt.Errorf("entry %d is not what its tile says", from+int64(at))
			}
		}
	}
	for at := int64(0); at < current.N; at += max(1, current.N/100) {
		proof, err := tlog.ProveRecord(current.N, at, tiles)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, current.N, current.Hash, at, tlog.RecordHash(entries[at])); err != nil {
			return err
		}
	}
	kept, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*"))
	if err != nil {
		return err
	}
	for _, path := range kept {
		older, err := openCheckpoint(path, verifier)
		if err != nil {
			return err
		}
		if older.N > current.N {
			return fmt.Errorf("a checkpoint of size %d is kept, and the log has %d", older.N, current.N)
		}
		proof, err := tlog.ProveTree(current.N, older.N, tiles)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, current.N, current.Hash, older.N, older.Hash); err != nil {
			return fmt.Errorf("at size %d: %w", older.N, err)
		}
	}
	return nil
}

// checkProof verifies a C2SP tlog-proof of an entry with tlog.CheckRecord.
func checkProof(proofPath, entryPath string, verifier note.Verifier) error {
	text, err := os.ReadFile(proofPath)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(entryPath)
	if err != nil {
		return err
	}
	head, signed, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("no proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, err := parseCheckpoint([]byte(signed), verifier)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

func openCheckpoint(path string, verifier note.Verifier) (tlog.Tree, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	return parseCheckpoint(text, verifier)
}

// parseCheckpoint reads the text of a note that package note has verified: origin, size, root.
func parseCheckpoint(text []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("the checkpoint is of another form or another log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, errors.New("the checkpoint has no root")
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

// readEntries reads the bundles of tlog-tiles: entries behind their length in 16 bits.
func readEntries(dir string, size int64) ([][]byte, error) {
	const width = 1 << tileHeight
	var entries [][]byte
	for from := int64(0); from < size; from += width {
		tile := tlog.Tile{H: tileHeight, L: -1, N: from / width, W: int(min(width, size-from))}
		bundle, err := os.ReadFile(filepath.Join(dir, pathOf(tile)))
		if err != nil {
			return nil, err
		}
		count := 0
		for reader := bytes.NewReader(bundle); reader.Len() > 0; count++ {
			var length uint16
			if err := binary.Read(reader, binary.BigEndian, &length); err != nil {
				return nil, err
			}
			entry := make([]byte, length)
			if _, err := io.ReadFull(reader, entry); err != nil {
				return nil, err
			}
			entries = append(entries, entry)
		}
		if count != tile.W {
			return nil, fmt.Errorf("%s has %d entries", pathOf(tile), count)
		}
	}
	return entries, nil
}

// pathOf is where tlog-tiles keeps a tile: as Go's checksum database does, without the height.
func pathOf(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// memoryHashes is a tlog.HashReader over hashes that were computed here.
type memoryHashes []tlog.Hash

func (m *memoryHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for at, index := range indexes {
		if index >= int64(len(*m)) {
			return nil, fmt.Errorf("there is no hash %d", index)
		}
		hashes[at] = (*m)[index]
	}
	return hashes, nil
}

// fileTiles is a tlog.TileReader over a directory.
type fileTiles struct{ dir string }

func (f *fileTiles) Height() int { return tileHeight }

func (f *fileTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for at, tile := range tiles {
		bytes, err := os.ReadFile(filepath.Join(f.dir, pathOf(tile)))
		if err != nil {
			return nil, err
		}
		read[at] = bytes
	}
	return read, nil
}

func (f *fileTiles) SaveTiles([]tlog.Tile, [][]byte) {}

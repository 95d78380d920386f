package conformance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// outcome is what came of a step: a refusal, an answer, or what all pages held together.
type outcome struct {
	answer
	items          []any
	count, scanned int
	pages          int
	sizes          []int // ScannedCount of each page
}

// run makes a step in a database.
func (s step) run(d database) (outcome, error) {
	if s.reading == once {
		a, err := d.call(s.operation, s.body)
		return outcome{answer: a, pages: 1}, err
	}
	var request object
	if err := json.Unmarshal([]byte(s.body), &request); err != nil {
		return outcome{}, err
	}
	total, segmented := request["TotalSegments"].(float64)
	if _, given := request["Segment"].(float64); !segmented || !given || total < 1 || total > 8 {
		return s.readAll(d, request)
	}
	var all outcome
	for segment := range int(total) {
		request["Segment"] = segment
		part, err := s.readAll(d, request)
		if err != nil || part.code != "" {
			return part, err
		}
		all.items = append(all.items, part.items...)
		all.count, all.scanned = all.count+part.count, all.scanned+part.scanned
		all.sizes = append(all.sizes, part.sizes...)
		all.pages += part.pages
	}
	return all, nil
}

// readAll reads all pages.
func (s step) readAll(d database, request object) (outcome, error) {
	request = maps.Clone(request)
	var all outcome
	body := s.body
	if _, segmented := request["TotalSegments"]; segmented {
		body = encode(request)
	}
	for {
		page, err := d.call(s.operation, body)
		if err != nil {
			return outcome{}, err
		}
		if page.code != "" {
			return outcome{answer: page}, nil
		}
		items, _ := page.body["Items"].([]any)
		all.items = append(all.items, items...)
		all.count += number(page.body["Count"])
		all.scanned += number(page.body["ScannedCount"])
		all.sizes = append(all.sizes, number(page.body["ScannedCount"]))
		if all.pages++; all.pages > 1000 {
			return outcome{}, fmt.Errorf("%.300v has no last page", s)
		}
		last, more := page.body["LastEvaluatedKey"]
		if !more {
			return all, nil
		}
		request["ExclusiveStartKey"] = last
		body = encode(request)
	}
}

func number(value any) int {
	text, _ := value.(json.Number)
	n, err := text.Int64()
	if err != nil {
		return -1
	}
	return int(n)
}

// reset makes the tables anew.
func reset(d database) error {
	for _, name := range []string{"letters", "numbers", "bytes", "extra"} {
		if _, err := d.call("DeleteTable", encode(object{"TableName": name})); err != nil {
			return err
		}
	}
	for _, shape := range shapes() {
		a, err := d.call("CreateTable", shape.definition)
		if err == nil && a.code != "" {
			err = fmt.Errorf("create %s: %s: %s", shape.name, a.code, a.message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pair is the engine and DynamoDB Local, side by side.
type pair struct {
	engine, local database
	runs          int
}

// difference is a step at which the two differ.
type difference struct {
	at          int
	step        step
	kind        string // what differs, the same for all differences of a kind
	got, oracle string
}

// replay makes steps in both, from new tables on, until they differ: it says whether they did.
func (p *pair) replay(steps []step, seen func(s step, got, oracle outcome, deviation string)) (found difference, differ bool, err error) {
	p.runs++
	nonce := fmt.Sprintf("run%d", p.runs)
	for _, d := range []database{p.engine, p.local} {
		if err := reset(d); err != nil {
			return difference{}, false, err
		}
	}
	for i, s := range steps {
		s.body = strings.ReplaceAll(s.body, "NONCE", nonce)
		got, err := s.run(p.engine)
		if err != nil {
			return difference{}, false, fmt.Errorf("the engine: %.1000v: %w", s, err)
		}
		oracle, err := s.run(p.local)
		if err != nil {
			return difference{}, false, fmt.Errorf("DynamoDB Local: %.1000v: %w", s, err)
		}
		kind, deviation := compare(s, got, oracle)
		if kind != "" {
			return difference{i, s, kind, got.String(), oracle.String()}, true, nil
		}
		if seen != nil {
			seen(s, got, oracle, deviation.name)
		}
		if s.onlyRemoves() && kind == "" && got.code == "" {
			deviation.parts = true // it may have made an item in DynamoDB Local
		}
		if deviation.parts {
			if err := p.align(); err != nil {
				return difference{}, false, err
			}
		}
	}
	return difference{}, false, nil
}

// align makes DynamoDB Local hold what the engine holds.
func (p *pair) align() error {
	for _, d := range []database{p.engine, p.local} {
		if _, err := d.call("DeleteTable", `{"TableName":"extra"}`); err != nil {
			return err
		}
	}
	for _, shape := range shapes() {
		everything := step{operation: "Scan", body: encode(object{"TableName": shape.name, "ConsistentRead": true}), reading: allUnsorted}
		right, err := everything.run(p.engine)
		if err != nil {
			return err
		}
		wrong, err := everything.run(p.local)
		if err != nil {
			return err
		}
		for _, item := range wrong.items {
			key := object{}
			for _, k := range shape.keys {
				key[k.name] = item.(object)[k.name]
			}
			if _, err := p.local.call("DeleteItem", encode(object{"TableName": shape.name, "Key": key})); err != nil {
				return err
			}
		}
		for _, item := range right.items {
			if _, err := p.local.call("PutItem", encode(object{"TableName": shape.name, "Item": item})); err != nil {
				return err
			}
		}
	}
	return nil
}

// shrink finds a short sequence that ends in a difference of the same kind.
func (p *pair) shrink(steps []step, found difference) ([]step, difference) {
	steps = steps[:found.at+1]
	for size := (len(steps) - 1) / 2; size > 0; size /= 2 {
		for from := 0; from+size < len(steps); {
			shorter := slices.Concat(steps[:from], steps[from+size:])
			again, differ, err := p.replay(shorter, nil)
			if err == nil && differ && again.kind == found.kind {
				steps, found = shorter[:again.at+1], again
			} else {
				from += size
			}
		}
	}
	return steps, found
}

func (o outcome) String() string {
	switch {
	case o.code != "" && o.reasons != nil:
		return fmt.Sprintf("%s: %s %s", o.code, o.message, encodeAny(o.reasons))
	case o.code != "" && o.item != nil:
		return fmt.Sprintf("%s: %s %s", o.code, o.message, encodeAny(o.item))
	case o.code != "":
		return fmt.Sprintf("%s: %s", o.code, o.message)
	case o.body != nil:
		return encodeAny(o.body)
	}
	return fmt.Sprintf("%d of %d in %d pages: %s", o.count, o.scanned, o.pages, encodeAny(o.items))
}

func encodeAny(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

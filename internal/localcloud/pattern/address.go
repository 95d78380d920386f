package pattern

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

var addressShape = regexp.MustCompile(`^(?:[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*)$`)

// parseAddress reads an IPv4 or IPv6 address. EventBridge compares strings that are addresses as such, whatever their
// spelling.
func parseAddress(text string) (netip.Addr, bool) {
	if text == "" || text[0] != ':' && !isHexDigit(text[0]) {
		return netip.Addr{}, false // most texts: spares them the rest
	}
	address, err := netip.ParseAddr(text)
	if err != nil || !addressShape.MatchString(text) {
		return netip.Addr{}, false
	}
	return address.Unmap(), true
}

func isHexDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// addressBlock lets strings through that are addresses of a block.
type addressBlock netip.Prefix

func singleAddress(address netip.Addr) addressBlock {
	return addressBlock(netip.PrefixFrom(address, address.BitLen()))
}

// parseCIDR reads a block of addresses, such as 10.0.0.0/24. Its errors are in AWS's words.
func parseCIDR(text string) (addressBlock, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 2 {
		return addressBlock{}, &invalid{reason: "Malformed CIDR, one '/' required"}
	}
	bits, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil {
		return addressBlock{}, &invalid{reason: "Malformed CIDR, mask bits must be an integer"}
	}
	address, ok := parseAddress(parts[0])
	var reason string
	switch {
	case bits < 0:
		reason = "Malformed CIDR, mask bits must not be negative"
	case !addressShape.MatchString(parts[0]):
		reason = "Nonstandard IP address: " + parts[0]
	case !ok:
		reason = "Invalid IP address: " + parts[0]
	case address.Is4() && bits > 31:
		reason = "IPv4 mask bits must be < 32"
	case bits > 127:
		reason = "IPv6 mask bits must be < 128"
	default:
		return addressBlock(netip.PrefixFrom(address, int(bits)).Masked()), nil
	}
	return addressBlock{}, &invalid{reason: reason}
}

func (b addressBlock) passes(v *value) bool {
	if v.kind != stringValue {
		return false
	}
	address, ok := parseAddress(string(v.text))
	return ok && netip.Prefix(b).Contains(address)
}

package attribute

// Overheads of AWS's size rules, in bytes.
const (
	containerSize = 3 // of a map or list
	elementSize   = 1 // of each member of a map or list
)

// Size returns the size of an item in bytes by AWS's rules: names and values count, for numbers roughly a byte for two
// digits.
func (m Map) Size() int {
	size := 0
	for i := range m {
		size += len(m[i].Name) + m[i].Value.size()
	}
	return size
}

func (v *Value) size() int {
	switch v.Type {
	case Bool, Null:
		return 1
	case Number:
		return numberSize(v.Text)
	case MapType:
		return containerSize + elementSize*len(v.Map) + v.Map.Size()
	case List, StringSet, NumberSet, BinarySet:
		size := 0
		for i := range v.List {
			size += v.List[i].size()
		}
		if v.Type == List {
			size += containerSize + elementSize*len(v.List)
		}
		return size
	default:
		return len(v.Text)
	}
}

// numberSize counts a byte for two digits on either side of the decimal point, one for the magnitude and one for a minus.
func numberSize(text string) int {
	number := normalisedDecimal(text)
	if number.digits == "" {
		return 1
	}
	digits := len(number.digits)
	size := 1 + (digits+1)/2
	if digits%2 == 0 && number.exponent%2 == 0 { // the pairs do not meet at the point
		size++
	}
	if number.negative {
		size++
	}
	return size
}

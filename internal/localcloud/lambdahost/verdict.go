package lambdahost

import "time"

// condition is why an event was given up, or that it was done, as the record says that goes to a destination.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
type condition string

const (
	retriesExhausted        condition = "RetriesExhausted"
	eventAgeExceeded        condition = "EventAgeExceeded"
	zeroReservedConcurrency condition = "ZeroReservedConcurrency"
	success                 condition = "Success"
)

// verdict is what becomes of an event that was not done.
type verdict struct {
	giveUp condition     // empty if it is tried again
	wait   time.Duration // until then, as AWS waits
}

// afterFailure decides about an event on which the function has failed so many times: Lambda tries it again after one
// minute, then after two, but not if that would make it older than it may become.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
func (f asyncRules) afterFailure(failures int, age time.Duration) verdict {
	wait := time.Duration(failures) * time.Minute
	switch {
	case failures > f.MaxRetries:
		return verdict{giveUp: retriesExhausted}
	case age+wait > f.MaxAge:
		return verdict{giveUp: eventAgeExceeded}
	}
	return verdict{wait: wait}
}

// afterThrottle decides about an event that has found no room so many times in a row: Lambda tries it again after a
// second, then after twice that, up to five minutes, until it is too old.
func (f asyncRules) afterThrottle(throttles int, age time.Duration) verdict {
	const first, longest, doublings = time.Second, 5 * time.Minute, 9 // first << doublings > longest
	if age >= f.MaxAge {
		return verdict{giveUp: eventAgeExceeded}
	}
	wait := min(first<<min(throttles-1, doublings), longest)
	return verdict{wait: min(wait, f.MaxAge-age)} // it has a last chance when its time is up
}

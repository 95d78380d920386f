package lambdahost

import (
	"net/http"
	"strconv"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/drift"
)

type concurrency struct{ ReservedConcurrentExecutions int }

// concurrency is nil if none is reserved.
func (s *settings) concurrency() *concurrency {
	if s.reserved == nil {
		return nil
	}
	return &concurrency{*s.reserved}
}

func (h *Host) serveGetConcurrency(w http.ResponseWriter, r *http.Request) error {
	f, _, err := h.named(r)
	if err != nil {
		return err
	}
	if reserved := f.settings.Load().concurrency(); reserved != nil {
		answer(w, http.StatusOK, reserved)
	} else {
		answer(w, http.StatusOK, struct{}{})
	}
	return nil
}

// unqualified finds the function that a request names, which must not name a version.
func (h *Host) unqualified(r *http.Request) (*function, error) {
	f, named, err := h.named(r)
	switch {
	case isNotFound(err) && named.qualifier == "":
		return nil, notFound(named.arn() + ":" + latest)
	case named.qualifier != "":
		return nil, awsapi.Errorf("InvalidParameterValueException", "This operation is permitted on Lambda functions only. Aliases and "+
			"versions do not support this operation. Please specify either a function name or an unqualified function ARN.")
	}
	return f, err
}

// Of the account's concurrency, so much stays for the functions that reserve none.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
const (
	accountConcurrency = 1000
	leastUnreserved    = 100
)

func (h *Host) servePutConcurrency(w http.ResponseWriter, r *http.Request) error {
	f, err := h.unqualified(r)
	if err != nil {
		return err
	}
	var request struct{ ReservedConcurrentExecutions *int }
	if err := decode(r, &request); err != nil {
		return err
	}
	wanted := request.ReservedConcurrentExecutions
	switch {
	case wanted == nil:
		return missing("reservedConcurrentExecutions")
	case *wanted < 0:
		return invalid("reservedConcurrentExecutions", strconv.Itoa(*wanted), "Member must have value greater than or equal to 0")
	}
	err = h.change(f.Name, func(f *function, values drift.Settings) error {
		if h.reservedByOthers(f)+*wanted > accountConcurrency-leastUnreserved {
			return awsapi.Errorf("InvalidParameterValueException", "Specified ReservedConcurrentExecutions for function decreases account's "+
				"UnreservedConcurrentExecution below its minimum value of [%d].", leastUnreserved)
		}
		values[reservedSetting] = strconv.Itoa(*wanted)
		return nil
	})
	if err == nil {
		answer(w, http.StatusOK, concurrency{*wanted})
	}
	return err
}

// reservedByOthers is what all functions but one reserve together.
func (h *Host) reservedByOthers(one *function) int {
	sum := 0
	for _, f := range h.all() {
		if reserved := f.settings.Load().reserved; reserved != nil && f != one {
			sum += *reserved
		}
	}
	return sum
}

func (h *Host) serveDeleteConcurrency(w http.ResponseWriter, r *http.Request) error {
	f, err := h.unqualified(r)
	if err != nil {
		return err
	}
	err = h.change(f.Name, func(_ *function, values drift.Settings) error {
		delete(values, reservedSetting)
		return nil
	})
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

package handler

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// inheritVariable makes the test program run inherit instead of the tests.
const inheritVariable = "HANDLER_TEST_INHERITS"

var inherit = func() error { return errors.New("not on this system") }

func TestMain(m *testing.M) {
	if os.Getenv(inheritVariable) != "" {
		if err := inherit(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

package main

import (
	"context"
	"encoding/json"
	"time"
)

// Handler does the work: input to output. The id is the same for every delivery of this attempt.
type Handler func(ctx context.Context, input json.RawMessage, id string) (any, error)

// Failure fails the task; Retry and Catch match the error.
type Failure struct{ Name, Cause string }

func (f Failure) Error() string { return f.Name + ": " + f.Cause }

// What the worker can do: yours goes here. The context ends when nobody waits for the task any more.
var handlers = map[string]Handler{"greet": greet, "check": check}

func greet(ctx context.Context, input json.RawMessage, _ string) (any, error) {
	var person struct {
		Name    string  `json:"name"`
		Seconds float64 `json:"seconds"`
	}
	if err := json.Unmarshal(input, &person); err != nil || person.Name == "" {
		return nil, Failure{"Greeting.NoName", "a greeting needs a name"}
	}
	select { // some greetings take their time
	case <-time.After(time.Duration(person.Seconds * float64(time.Second))):
	case <-ctx.Done():
	}
	return map[string]string{"text": "Hello, " + person.Name + "!"}, nil
}

// For `baton worker check`.
func check(ctx context.Context, input json.RawMessage, _ string) (any, error) {
	var order struct {
		Check, Error, Cause string
		Seconds             float64
	}
	if err := json.Unmarshal(input, &order); err != nil {
		return nil, err
	}
	if order.Check == "fail" {
		return nil, Failure{order.Error, order.Cause}
	}
	select {
	case <-time.After(time.Duration(order.Seconds * float64(time.Second))):
	case <-ctx.Done():
	}
	return input, nil
}

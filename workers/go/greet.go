package main

import (
	"context"
	"encoding/json"
	"time"
)

// What the worker can do: yours goes here. The context ends when nobody waits for the task any more.
var handlers = map[string]Handler{"greet": greet}

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

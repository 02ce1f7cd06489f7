package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// What happens to a task: taken, worked on with heartbeats, answered, acknowledged.
var (
	tasks, working, lock = map[string]*job{}, sync.WaitGroup{}, sync.Mutex{} // by token; they outlive a connection
	answers              struct {                                            // one at a time, to know what comes back
		sync.Mutex
		*amqp.Channel
		returns  chan amqp.Return
		confirms chan amqp.Confirmation
	}
)

type job struct {
	cancel context.CancelFunc
	copies []amqp.Delivery // to be acknowledged
}

// answer returns when the broker has confirmed it; it tries again while broker or results queue are away.
func answer(ctx context.Context, task amqp.Delivery, kind string, body []byte) {
	message := amqp.Publishing{Type: kind, CorrelationId: task.CorrelationId, DeliveryMode: amqp.Persistent, Body: body,
		ContentType: "application/json", Headers: amqp.Table{"baton-protocol": int32(1), "baton-worker": name}}
	publish := func() bool {
		answers.Lock()
		defer answers.Unlock()
		if answers.PublishWithContext(ctx, "", task.ReplyTo, true, false, message) != nil {
			return false
		}
		if confirm := <-answers.confirms; !confirm.Ack { // also when the channel is closed
			return false
		}
		select {
		case <-answers.returns: // comes before the confirm
			return false
		default:
			return true
		}
	}
	for ctx.Err() == nil && !publish() {
		time.Sleep(time.Second)
	}
}

// acknowledge does nothing on a channel that is closed: the broker has taken the task back.
func acknowledge(j *job) {
	lock.Lock()
	defer lock.Unlock()
	for _, copy := range j.copies {
		_ = copy.Ack(false)
	}
	j.copies = nil
}

// cancel is for a task that nobody waits for any more.
func cancel(token string) {
	lock.Lock()
	defer lock.Unlock()
	if job := tasks[token]; job != nil {
		job.cancel()
	}
}

func take(task amqp.Delivery, handle Handler) {
	token := task.CorrelationId
	if token == "" || task.ReplyTo == "" {
		_ = task.Reject(false) // nobody to answer: the broker's policies see to it
		return
	}
	lock.Lock()
	defer lock.Unlock()
	if known := tasks[token]; known != nil { // a copy of what is being worked on
		known.copies = append(known.copies, task)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	tasks[token] = &job{cancel, []amqp.Delivery{task}}
	working.Add(1)
	go work(ctx, tasks[token], task, handle)
}

func work(ctx context.Context, j *job, task amqp.Delivery, handle Handler) {
	defer working.Done()
	defer j.cancel()
	interval, leaseEnd, finished := lease, time.Now().Add(lease), make(chan func(), 1)
	if heartbeat := seconds(fmt.Sprint(task.Headers["baton-heartbeat-seconds"])); heartbeat > 0 && heartbeat < lease {
		interval = heartbeat
	}
	go func() {
		kind, body := result(ctx, task, handle)
		finished <- func() { answer(ctx, task, kind, body) }
	}()
	beats := time.NewTicker(interval / 3)
	defer beats.Stop()
	for isWorking := true; isWorking; {
		select {
		case <-ctx.Done(): // nobody waits for it any more
			isWorking = false
		case publish := <-finished:
			publish()
			isWorking = false
		case <-beats.C:
			answer(ctx, task, "heartbeat", nil)
			if time.Now().After(leaseEnd) {
				acknowledge(j) // from now on heartbeats alone keep the task
			}
		}
	}
	lock.Lock()
	delete(tasks, task.CorrelationId)
	lock.Unlock()
	acknowledge(j)
}

func result(ctx context.Context, task amqp.Delivery, handle Handler) (string, []byte) {
	var output any
	var err error
	if version := task.Headers["baton-protocol"]; version != nil && fmt.Sprint(version) != "1" {
		err = Failure{"InvalidTask", fmt.Sprintf("protocol version %v; this worker speaks 1", version)}
	} else if !json.Valid(task.Body) {
		err = Failure{"InvalidInput", "the input is not JSON"}
	} else if output, err = handle(ctx, task.Body, task.MessageId); err == nil {
		body, _ := json.Marshal(output)
		return "success", body
	}
	failure := Failure{"Error", err.Error()}
	errors.As(err, &failure)
	body, _ := json.Marshal(map[string]string{"error": failure.Name, "cause": failure.Cause})
	return "failure", body
}

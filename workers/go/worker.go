// A worker in Go with amqp091-go, from the worker protocol alone: worker [ACTIVITY...]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Handler does the work: input to output. The id is the same for every delivery of this attempt.
type Handler func(ctx context.Context, input json.RawMessage, id string) (any, error)

// Failure fails the task; Retry and Catch match the error.
type Failure struct{ Name, Cause string }

func (f Failure) Error() string { return f.Name + ": " + f.Cause }

var (
	url, prefix  = env("BATON_AMQP_URL", "amqp://guest:guest@localhost:5672/"), env("BATON_PREFIX", "baton")
	name         = env("BATON_WORKER_IDENTITY", fmt.Sprintf("go:%d", os.Getpid()))
	prefetch, _  = strconv.Atoi(env("BATON_WORKER_PREFETCH", "10"))
	lease, drain = seconds(env("BATON_WORKER_LEASE", "600")), seconds(env("BATON_WORKER_DRAIN_TIMEOUT", "25"))
)

// Worker is one connection. When it is lost its tasks are cancelled, and the broker gives them to the next one.
type Worker struct {
	sync.Mutex // one message at a time, so that what comes back is known to be that one
	*amqp.Channel
	returns  chan amqp.Return
	confirms chan amqp.Confirmation
	tasks    sync.Map // cancel functions by token
	working  sync.WaitGroup
}

// answer returns when the broker has confirmed it; it tries again while there is no results queue.
func (w *Worker) answer(ctx context.Context, task amqp.Delivery, kind string, body []byte) error {
	w.Lock()
	defer w.Unlock()
	err := w.PublishWithContext(ctx, "", task.ReplyTo, true, false, amqp.Publishing{
		Type: kind, CorrelationId: task.CorrelationId, DeliveryMode: amqp.Persistent, ContentType: "application/json",
		Headers: amqp.Table{"baton-protocol": int32(1), "baton-worker": name}, Body: body})
	if err != nil {
		return err
	}
	if confirm := <-w.confirms; !confirm.Ack {
		return errors.New("not confirmed")
	}
	select {
	case <-w.returns: // comes before the confirm
		return errors.New("no queue " + task.ReplyTo)
	default:
		return nil
	}
}

func (w *Worker) work(connected context.Context, task amqp.Delivery, handle Handler) {
	defer w.working.Done()
	ctx, cancel := context.WithCancel(connected)
	defer cancel()
	if task.CorrelationId == "" || task.ReplyTo == "" {
		_ = task.Reject(false) // nobody to answer: the broker's policies see to it
		return
	}
	if _, known := w.tasks.LoadOrStore(task.CorrelationId, cancel); known {
		_ = task.Ack(false) // a copy of what is being worked on
		return
	}
	defer w.tasks.Delete(task.CorrelationId)
	interval, leaseEnd, held := lease, time.Now().Add(lease), true
	if heartbeat := seconds(fmt.Sprint(task.Headers["baton-heartbeat-seconds"])); heartbeat > 0 && heartbeat < lease {
		interval = heartbeat
	}
	beats, kind, done := time.NewTicker(interval/3), "", make(chan []byte, 1)
	defer beats.Stop()
	go func() {
		var body []byte
		kind, body = result(ctx, task, handle)
		done <- body
	}()
	var err error
	for working := true; working; {
		select {
		case <-ctx.Done(): // nobody waits for it any more, or the connection is lost
			working = false
		case body := <-done:
			for err = w.answer(ctx, task, kind, body); err != nil && connected.Err() == nil; {
				time.Sleep(time.Second)
				err = w.answer(ctx, task, kind, body)
			}
			working = false
		case <-beats.C:
			if w.answer(ctx, task, "heartbeat", nil) == nil && held && time.Now().After(leaseEnd) {
				held = task.Ack(false) != nil // from now on heartbeats alone keep the task
			}
		}
	}
	if held && connected.Err() == nil {
		_ = task.Ack(false)
	}
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

// serve returns nil when it has drained.
func serve(stop context.Context, activities []string) error {
	connection, err := amqp.Dial(url)
	if err != nil {
		return err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	connected, disconnect := context.WithCancel(context.Background())
	defer disconnect()
	w := &Worker{Channel: channel, returns: channel.NotifyReturn(make(chan amqp.Return, 1)),
		confirms: channel.NotifyPublish(make(chan amqp.Confirmation, 1))}
	closed, gone := w.NotifyClose(make(chan *amqp.Error, 1)), w.NotifyCancel(make(chan string, 1))
	errs := []error{w.Confirm(false), w.Qos(prefetch, 0, false)}
	for _, activity := range activities {
		_, err := w.QueueDeclare(prefix+".activity."+activity, true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
		errs = append(errs, err)
	}
	if refusal := bind(connection, activities); refusal != nil && refusal.Code != amqp.AccessRefused {
		return refusal // a user who may not bind leaves it to the orchestrator
	}
	control, err := w.QueueDeclare(fmt.Sprintf("%s.control.%x", prefix, time.Now().UnixNano()), false, true, true, false, nil)
	errs = append(errs, err, w.QueueBind(control.Name, "", prefix+".control", false, nil))
	consume := func(queue, tag string, automatic bool, take func(amqp.Delivery)) {
		deliveries, err := w.Consume(queue, tag, automatic, false, false, false, nil)
		errs = append(errs, err)
		go func() {
			for delivery := range deliveries {
				take(delivery)
			}
		}()
	}
	consume(control.Name, "control", true, func(message amqp.Delivery) {
		if cancel, here := w.tasks.Load(message.CorrelationId); here {
			cancel.(context.CancelFunc)()
		}
	})
	for _, activity := range activities {
		handle := handlers[activity]
		consume(prefix+".activity."+activity, activity, false, func(task amqp.Delivery) {
			w.working.Add(1)
			go w.work(connected, task, handle)
		})
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	select {
	case err := <-closed:
		return err
	case queue := <-gone: // it was deleted: connect and declare it again
		return errors.New("no queue " + queue)
	case <-stop.Done():
	}
	for _, activity := range activities {
		_ = w.Cancel(activity, false)
	}
	time.AfterFunc(drain, disconnect)
	w.working.Wait()
	return nil
}

func bind(connection *amqp.Connection, activities []string) (refusal *amqp.Error) {
	channel, err := connection.Channel()
	if err == nil {
		err = channel.ExchangeDeclare(prefix+".tasks", "direct", true, false, false, false, nil)
	}
	if err == nil {
		err = channel.ExchangeDeclare(prefix+".control", "fanout", true, false, false, false, nil)
	}
	for _, activity := range activities {
		if err == nil {
			err = channel.QueueBind(prefix+".activity."+activity, "activity."+activity, prefix+".tasks", false, nil)
		}
	}
	if err == nil {
		err = channel.Close()
	}
	errors.As(err, &refusal)
	return refusal
}

func main() {
	activities := os.Args[1:]
	if len(activities) == 0 {
		activities = []string{"greet"}
	}
	stop, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	for err := serve(stop, activities); err != nil && stop.Err() == nil; err = serve(stop, activities) {
		log.Print("connecting again after ", err)
		time.Sleep(time.Second)
	}
}

func env(key, fallback string) string {
	if value := os.Getenv(key); value != "" {
		return value
	}
	return fallback
}

func seconds(text string) time.Duration {
	value, _ := strconv.ParseFloat(text, 64)
	return time.Duration(value * float64(time.Second))
}

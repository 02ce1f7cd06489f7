// A worker in Go with amqp091-go, from the worker protocol alone: worker [ACTIVITY...]
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

var (
	url, prefix  = env("BATON_AMQP_URL", "amqp://guest:guest@localhost:5672/"), env("BATON_PREFIX", "baton")
	name         = env("BATON_WORKER_IDENTITY", fmt.Sprintf("go:%d", os.Getpid()))
	prefetch, _  = strconv.Atoi(env("BATON_WORKER_PREFETCH", "10"))
	lease, drain = seconds(env("BATON_WORKER_LEASE", "600")), seconds(env("BATON_WORKER_DRAIN_TIMEOUT", "25"))
)

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

// serve works until the connection is lost, or nil when it was told to stop and has drained.
func serve(stop context.Context, activities []string) (failed error) {
	check := func(err error) { // what comes after an error on a channel fails too
		if failed == nil {
			failed = err
		}
	}
	connection, err := amqp.Dial(url)
	if err != nil {
		return err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	answers.Lock()
	answers.Channel, answers.returns = channel, channel.NotifyReturn(make(chan amqp.Return, 1))
	answers.confirms = channel.NotifyPublish(make(chan amqp.Confirmation, 1))
	answers.Unlock()
	closed, gone := channel.NotifyClose(make(chan *amqp.Error, 1)), channel.NotifyCancel(make(chan string, 1))
	check(channel.Confirm(false))
	check(channel.Qos(prefetch, 0, false))
	for _, activity := range activities {
		_, err = channel.QueueDeclare(queueOf(activity), true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
		check(err)
	}
	check(bind(connection, activities))
	control, err := channel.QueueDeclare(fmt.Sprintf("%s.control.%x", prefix, time.Now().UnixNano()), false, true, true, false, nil)
	check(err)
	check(channel.QueueBind(control.Name, "", prefix+".control", false, nil))
	consume := func(queue string, automatic bool, take func(amqp.Delivery)) {
		deliveries, err := channel.Consume(queue, queue, automatic, false, false, false, nil)
		check(err)
		go func() {
			for delivery := range deliveries {
				take(delivery)
			}
		}()
	}
	consume(control.Name, true, func(message amqp.Delivery) { cancel(message.CorrelationId) })
	for _, activity := range activities {
		handle := handlers[activity]
		consume(queueOf(activity), false, func(task amqp.Delivery) { take(task, handle) })
	}
	if failed != nil {
		return failed
	}
	select {
	case err := <-closed:
		return err
	case queue := <-gone: // it was deleted: connect and declare it again
		return errors.New("no queue " + queue)
	case <-stop.Done():
	}
	for _, activity := range activities {
		_ = channel.Cancel(queueOf(activity), false)
	}
	drained := make(chan bool)
	go func() { working.Wait(); close(drained) }()
	select {
	case <-drained:
	case <-closed:
	case <-time.After(drain):
	}
	return nil
}

// bind leaves to the orchestrator what this worker's user may not do.
func bind(connection *amqp.Connection, activities []string) error {
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	defer channel.Close()
	errs := []error{channel.ExchangeDeclare(prefix+".control", "fanout", true, false, false, false, nil),
		channel.ExchangeDeclare(prefix+".tasks", "direct", true, false, false, false, nil)}
	for _, activity := range activities {
		errs = append(errs, channel.QueueBind(queueOf(activity), "activity."+activity, prefix+".tasks", false, nil))
	}
	for _, err := range errs {
		if refusal := (*amqp.Error)(nil); errors.As(err, &refusal) && refusal.Code == amqp.AccessRefused {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

func queueOf(activity string) string { return prefix + ".activity." + activity }

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

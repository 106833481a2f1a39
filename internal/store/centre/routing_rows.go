package centre

import (
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/store"
	"santra/internal/store/centre/db"
)

func queueParams(r measure.QueueRow) db.AddRoutingQueueParams {
	return db.AddRoutingQueueParams{
		Start: store.Micros(r.Start), Queue: r.Queue, Kind: int16(r.Kind), Agency: r.Agency,
		Offered: r.Offered, OverflowedIn: r.OverflowedIn, Answered: r.Answered, InTime: r.InTime, Abandoned: r.Abandoned,
		AbandonedLate: r.AbandonedLate, ShortAbandoned: r.ShortAbandoned, OverflowedOut: r.OverflowedOut, Diverted: r.Diverted,
		Expired: r.Expired, Closed: r.Closed, Lost: r.Lost, TransferredIn: r.TransferredIn, TransferAnswered: r.TransferAnswered,
		TransferAbandoned: r.TransferAbandoned, TransferLeft: r.TransferLeft, TransferredOut: r.TransferredOut, Offers: r.Offers,
		NoAnswers: r.NoAnswers, Declines: r.Declines, Handled: r.Handled, WrappedUp: r.WrappedUp, Responded: r.Responded,
		Resolved: r.Resolved, Reopened: r.Reopened, WaitAnswered: r.WaitAnswered.Microseconds(),
		WaitAbandoned: r.WaitAbandoned.Microseconds(), LongestWait: r.LongestWait.Microseconds(), InHand: r.InHand.Microseconds(),
		Hold: r.Hold.Microseconds(), WrapUp: r.WrapUp.Microseconds(), Response: r.Response.Microseconds(),
		Resolution: r.Resolution.Microseconds(),
	}
}

func queueRow(r db.RoutingQueue) measure.QueueRow {
	return measure.QueueRow{
		QueueKey: measure.QueueKey{Start: store.Time(r.Start), Queue: r.Queue, Kind: routing.Kind(r.Kind)}, Agency: r.Agency,
		QueueFigures: measure.QueueFigures{
			Offered: r.Offered, OverflowedIn: r.OverflowedIn, Answered: r.Answered, InTime: r.InTime, Abandoned: r.Abandoned,
			AbandonedLate: r.AbandonedLate, ShortAbandoned: r.ShortAbandoned, OverflowedOut: r.OverflowedOut, Diverted: r.Diverted,
			Expired: r.Expired, Closed: r.Closed, Lost: r.Lost, TransferredIn: r.TransferredIn, TransferAnswered: r.TransferAnswered,
			TransferAbandoned: r.TransferAbandoned, TransferLeft: r.TransferLeft, TransferredOut: r.TransferredOut, Offers: r.Offers,
			NoAnswers: r.NoAnswers, Declines: r.Declines, Handled: r.Handled, WrappedUp: r.WrappedUp, Responded: r.Responded,
			Resolved: r.Resolved, Reopened: r.Reopened, WaitAnswered: micros(r.WaitAnswered), WaitAbandoned: micros(r.WaitAbandoned),
			LongestWait: micros(r.LongestWait), InHand: micros(r.InHand), Hold: micros(r.Hold), WrapUp: micros(r.WrapUp),
			Response: micros(r.Response), Resolution: micros(r.Resolution),
		},
	}
}

func agentParams(r measure.AgentRow) db.AddRoutingAgentParams {
	return db.AddRoutingAgentParams{
		Start: store.Micros(r.Start), Agent: r.Agent,
		Offers: r.Offers, Answered: r.Answered, Mails: r.Mails, NoAnswers: r.NoAnswers, Declines: r.Declines, Handled: r.Handled,
		Transfers: r.Transfers, Ready: r.Ready.Microseconds(), Mailing: r.Mailing.Microseconds(), Ringing: r.Ringing.Microseconds(),
		Busy: r.Busy.Microseconds(), WrapUp: r.WrapUp.Microseconds(), Break: r.Break.Microseconds(),
		NotAnswering: r.NotAnswering.Microseconds(), Offline: r.Offline.Microseconds(),
	}
}

func agentRow(r db.RoutingAgent) measure.AgentRow {
	return measure.AgentRow{
		AgentKey: measure.AgentKey{Start: store.Time(r.Start), Agent: r.Agent},
		AgentFigures: measure.AgentFigures{
			Offers: r.Offers, Answered: r.Answered, Mails: r.Mails, NoAnswers: r.NoAnswers, Declines: r.Declines, Handled: r.Handled,
			Transfers: r.Transfers, Ready: micros(r.Ready), Mailing: micros(r.Mailing), Ringing: micros(r.Ringing), Busy: micros(r.Busy),
			WrapUp: micros(r.WrapUp), Break: micros(r.Break), NotAnswering: micros(r.NotAnswering), Offline: micros(r.Offline),
		},
	}
}

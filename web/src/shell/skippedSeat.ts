const skipped = "santra.seatSkipped";

/** Somebody who also does other work may go on without a seat; asked again at the next log-in. */
export function skipSeat(): void {
  sessionStorage.setItem(skipped, "yes");
}

export function askSeatAgain(): void {
  sessionStorage.removeItem(skipped);
}

export function seatWasSkipped(): boolean {
  return sessionStorage.getItem(skipped) === "yes";
}

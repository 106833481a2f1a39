// Short names for the API's generated types.
import type { components } from "./schema.d.ts";

type Schemas = components["schemas"];

/** A name in the city's languages, as configured. */
export type Text = Partial<Record<string, string>>;

export type Me = Schemas["Me"];
export type Person = Schemas["Person"];
export type RoleGrant = Schemas["Role"];
export type Role = RoleGrant["role"];
export type AgentState = Me["state"];
export type City = Schemas["City"];
export type Agency = Schemas["Agency"];
export type Queue = Schemas["Queue"];
export type Seat = Schemas["Seat"];
export type Purpose = Schemas["Purpose"];
export type Purposes = Schemas["Purposes"];
export type Lack = Schemas["Lack"];
export type QueueLive = Schemas["QueueState"];
export type AgentLive = Schemas["AgentState"];
export type Call = Schemas["Call"];
export type Caller = Schemas["Caller"];
export type Consultation = Schemas["Consultation"];
export type Whom = Schemas["Whom"];
export type Targets = Schemas["Targets"];
export type TargetAgent = Schemas["TargetAgent"];
export type SuperviseMode = Schemas["SuperviseMode"]["mode"];
/** How a call may be said to have ended: a code of the closed list, with its name. */
export interface Outcome {
  id: string;
  name: Text;
  /** Whose calls; none: all agencies'. */
  agencies?: readonly string[];
  agency?: string;
}
export type Case = Schemas["Case"];
export type Attachment = Schemas["Attachment"];
export type MessageHead = Schemas["MessageHead"];
export type Message = Schemas["Message"];
export type Draft = Schemas["Draft"];
export type DraftSaved = Schemas["DraftSaved"];
export type Recording = Schemas["Recording"];
export type RecordingQuery = Schemas["RecordingQuery"];
export type Listening = Schemas["Listening"];
export type Party = Schemas["Party"];
export type ArchiveQuery = Schemas["ArchiveQuery"];
export type AuditEntry = Schemas["AuditEntry"];
export type Attestation = Schemas["Attestation"];
export type ListenGrant = Schemas["ListenGrant"];
export type Need = Schemas["Need"];
export type OfferWhy = Schemas["Why"];
export type Estimate = Schemas["Estimate"];
export type Explanation = Schemas["Explanation"];
export type Closing = Schemas["Closing"];
export type BreakReason = Schemas["BreakReason"];
export type Measure = Schemas["Measure"];
export type Measures = Schemas["MeasuresOutputBody"];
export type StaffMeasure = Schemas["StaffMeasure"];
export type SimulationRequest = Schemas["SimulationRequest"];
export type SimulatedAnswer = Schemas["SimulatedAnswer"];
export type SimulatedNote = Schemas["SimulatedNote"];
export type SimulatedReport = Schemas["SimulatedReport"];
export type SimulatedRow = Schemas["SimulatedRow"];
export type SimulatedDifference = Schemas["SimulatedDifference"];
export type SimulatedStaffing = Schemas["SimulatedStaffing"];
export type PersonChange = Schemas["PersonChange"];
export type Problem = Schemas["Problem"];

import { expect, it } from "vitest";
import { csv } from "./csv.ts";

it("writes numbers with a point and texts as they are", () => expect(csv([["from", "level"], ["8.00", 0.8123456789], ["8.30", null]])).toBe("from,level\r\n8.00,0.812346\r\n8.30,\r\n"));
it("quotes what would break a row", () => expect(csv([['a "b", c', "two\nlines"]])).toBe('"a ""b"", c","two\nlines"\r\n'));
it("lets no text run as a formula", () => expect(csv([["=1+1", "@x", "-2", -2]])).toBe("'=1+1,'@x,'-2,-2\r\n"));

import { i18n } from "@lingui/core";
import { ApiError } from "./client.ts";
import type { Problem } from "./types.ts";

/** Sends a file and tells how far it is, 0 to 1: fetch tells nothing of what was sent. */
export function upload<T>(path: string, file: Blob, type: string, onShare: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Content-Type", type);
    request.setRequestHeader("Accept-Language", i18n.locale || "fi");
    request.responseType = "json";
    request.upload.onprogress = (e) => e.lengthComputable && onShare(e.loaded / e.total);
    request.onerror = () => reject(new ApiError(0));
    request.onload = () => (request.status < 300 ? resolve(request.response as T) : reject(new ApiError(request.status, (request.response ?? undefined) as Partial<Problem> | undefined)));
    request.send(file);
  });
}

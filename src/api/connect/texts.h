/* SPDX-License-Identifier: MIT */
/* Every sentence of ours that a connect page says, in one place. */
#ifndef TENON_API_CONNECT_TEXTS_H
#define TENON_API_CONNECT_TEXTS_H

/* --- the form --- */
#define TEXT_CONNECT "Connect"
#define TEXT_RECONNECT "Reconnect"
#define TEXT_REQUESTED_BY "Requested by"
#define TEXT_SKIP "Go to the form"
#define TEXT_GUIDE "How to connect"
#define TEXT_PREREQUISITES "What you need"
#define TEXT_STEPS "What to do"
#define TEXT_CHECKLIST "What to check in the end"
#define TEXT_GUIDE_OF_WAY "How to prepare this"
#define TEXT_WAYS "How do you want to connect?"
#define TEXT_RECOMMENDED "Recommended"
#define TEXT_CAUTION "Caution:"
#define TEXT_REQUIRED_NOTE "must be filled in"
#define TEXT_EXAMPLE "For example"
#define TEXT_SECRET_STORED "There is a stored one. Leave this empty to keep it."
#define TEXT_PRESET "Already filled in for you"
#define TEXT_ADDRESSES "Addresses to enter at the service"
#define TEXT_REDIRECT_URL "Redirect URL"
#define TEXT_LOGOUT_URL "Logout redirect URL"
#define TEXT_CHOOSE "Choose one"
#define TEXT_NOT_CHOSEN "Not chosen"
#define TEXT_YES "Yes"
#define TEXT_NO "No"
#define TEXT_SIGN_IN_NEXT "Next you sign in at the service, which then brings you back here."
#define TEXT_DEVICE_NEXT "Next you get a code, with which you sign in at the service."
#define TEXT_CONTINUE "Continue to sign in"
#define TEXT_CANCEL "Cancel and go back"
#define TEXT_PROBLEM "There is a problem"
#define TEXT_ERROR "Error:"

/* --- a code to sign in with elsewhere --- */
#define TEXT_DEVICE "Sign in with a code"
#define TEXT_DEVICE_LEAD "signs you in on a page of its own, here or on another device."
#define TEXT_DEVICE_GO "Go to"
#define TEXT_DEVICE_ENTER "Enter this code there, or check that the page shows it:"
#define TEXT_DEVICE_OPEN "Open the sign-in page"
#define TEXT_DEVICE_WAITING "Waiting for you to sign in."
#define TEXT_DEVICE_LOOK "I have signed in: look now"
#define TEXT_DEVICE_WATCH "Let this page look by itself"
#define TEXT_DEVICE_WATCHES "This page looks by itself every %u seconds."
#define TEXT_DEVICE_REST "Stop that"
#define TEXT_DEVICE_LEFT "Minutes left for the code: %lld"

/* --- how it ended --- */
#define TEXT_DONE "Connected"
#define TEXT_DONE_LEAD "is connected and works."
#define TEXT_FAILED "Not connected yet"
#define TEXT_FAILED_LEAD "could not be connected with what was entered."
#define TEXT_REASON "What happened"
#define TEXT_EXPLAIN "What this usually means"
#define TEXT_SERVICE_SAYS "The service's own words"
#define TEXT_CODE "For support"
#define TEXT_CONNECTION "Connection"
#define TEXT_AGAIN "Try again"
#define TEXT_BACK "Go back"
#define TEXT_CLOSE "You can close this window."
#define TEXT_SIGNED_OUT "Signed out"
#define TEXT_SIGNED_OUT_LEAD "You have signed out."

/* --- nothing here --- */
#define TEXT_GONE "This page cannot be shown"
#define TEXT_GONE_LEAD "Ask whoever sent you the link for a new one."
#define TEXT_LINK_OVER "This link has ended"
#define TEXT_LINK_OVER_LEAD                                                                        \
    "It works for 30 minutes, and only for one connection. Ask whoever sent it for a new one."
#define TEXT_LINK_USED "This link was opened elsewhere"
#define TEXT_LINK_USED_LEAD                                                                        \
    "It works only in the browser that opened it first. Go on there, or ask for a new link."
#define TEXT_REMOVED "This connection was removed"
#define TEXT_REMOVED_LEAD "Ask whoever sent you the link for a new one if you still need it."
#define TEXT_SIGN_IN_OVER "The sign-in did not finish"
#define TEXT_SIGN_IN_OVER_LEAD "Nothing was changed. Open your link again to start over."

/* --- the foot --- */
#define TEXT_SEALED "What you enter is stored encrypted and used for this connection only."
#define TEXT_DOCUMENTATION "Documentation"
#define TEXT_WEBSITE "Website"
#define TEXT_PRIVACY "Privacy policy"

#endif

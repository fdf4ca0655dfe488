import type { ChatCatalogue } from '../../catalogue.js'

export default {
  'chat.title': 'Support-Chat',
  'chat.signInHint': 'Melden Sie sich mit dem Token Ihres Shops an.',
  'chat.invalidToken': 'Dieses Token gilt nicht oder nicht mehr für einen Shop.',
  'chat.unavailable': 'Der Chat ist nicht verfügbar: Bitte melden Sie sich neu an.',
  'chat.support': 'Support',
  'chat.soon': 'Gleich ist jemand für Sie da',
  'chat.idle': 'Wir helfen Ihnen gern',
  'chat.online': 'Jetzt online',
  'chat.away': 'Abwesend; Ihre Nachrichten werden später gelesen',
  'chat.welcome': 'Wie können wir helfen?',
  'chat.moment': 'Einen Moment …',
  'chat.welcomeText': 'Schreiben Sie uns hier. Sie können gehen und wiederkommen: Es geht nichts verloren.',
  'chat.write': 'Nachricht schreiben',
  'chat.ended': 'Diese Unterhaltung ist beendet. Ihre nächste Nachricht beginnt eine neue.',
  'chat.close': 'Chat schließen',
  'chat.end': 'Beenden',
  'chat.endTitle': 'Unterhaltung beenden?',
  'chat.endText': 'Der Support sieht, dass sie beendet ist. Sie können jederzeit eine neue beginnen.',
  'chat.endAction': 'Unterhaltung beenden',

  'rating.question': 'Wie war diese Unterhaltung?',
  'rating.comment': 'Möchten Sie etwas hinzufügen?',
  'rating.send': 'Bewertung senden',
  'rating.thanks': 'Danke: {score} von 5.',
  'rating.change': 'Ändern',
  'transcript.save': 'Unterhaltung als Datei speichern',

  'launcher.open': 'Support-Chat öffnen',
  'launcher.openUnread': {
    one: 'Support-Chat öffnen, {count} ungelesene Nachricht',
    other: 'Support-Chat öffnen, {count} ungelesene Nachrichten',
  },
  'launcher.close': 'Support-Chat schließen',
} satisfies ChatCatalogue<'one' | 'other'>

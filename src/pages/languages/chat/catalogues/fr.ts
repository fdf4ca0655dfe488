import type { ChatCatalogue } from '../../catalogue.js'

export default {
  'chat.title': 'Chat d’assistance',
  'chat.signInHint': 'Connectez-vous avec le jeton de votre boutique.',
  'chat.invalidToken': 'Ce jeton n’est pas, ou plus, valable pour une boutique.',
  'chat.unavailable': 'Le chat n’est pas disponible : veuillez vous reconnecter.',
  'chat.support': 'Assistance',
  'chat.soon': 'Quelqu’un va bientôt vous répondre',
  'chat.idle': 'Nous sommes là pour vous aider',
  'chat.online': 'En ligne',
  'chat.away': 'Absent ; vos messages seront lus plus tard',
  'chat.welcome': 'Comment pouvons-nous vous aider ?',
  'chat.moment': 'Un instant…',
  'chat.welcomeText': 'Écrivez-nous ici. Vous pouvez partir et revenir : rien ne se perd.',
  'chat.write': 'Écrivez un message',
  'chat.ended': 'Cette conversation est terminée. Votre prochain message en commencera une nouvelle.',
  'chat.close': 'Fermer le chat',
  'chat.end': 'Terminer',
  'chat.endTitle': 'Terminer cette conversation ?',
  'chat.endText': 'L’assistance verra qu’elle est terminée. Vous pouvez en commencer une autre à tout moment.',
  'chat.endAction': 'Terminer la conversation',

  'rating.question': 'Comment s’est passée cette conversation ?',
  'rating.comment': 'Un mot à ajouter ?',
  'rating.send': 'Envoyer l’avis',
  'rating.thanks': 'Merci : {score} sur 5.',
  'rating.change': 'Modifier',
  'transcript.save': 'Enregistrer la conversation dans un fichier',

  'launcher.open': 'Ouvrir le chat d’assistance',
  'launcher.openUnread': {
    one: 'Ouvrir le chat d’assistance, {count} message non lu',
    many: 'Ouvrir le chat d’assistance, {count} messages non lus',
    other: 'Ouvrir le chat d’assistance, {count} messages non lus',
  },
  'launcher.close': 'Fermer le chat d’assistance',
} satisfies ChatCatalogue<'one' | 'many' | 'other'>

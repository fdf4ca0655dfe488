import type { ChatCatalogue } from '../../catalogue.js'

export default {
  'chat.title': '客服聊天',
  'chat.signInHint': '请使用您店铺的令牌登录。',
  'chat.invalidToken': '此令牌对店铺无效，或已失效。',
  'chat.unavailable': '聊天不可用：请重新登录。',
  'chat.support': '客服',
  'chat.soon': '客服很快会为您服务',
  'chat.idle': '我们随时为您提供帮助',
  'chat.online': '在线',
  'chat.away': '暂时离开，稍后会查看您的消息',
  'chat.welcome': '有什么可以帮您？',
  'chat.moment': '请稍候…',
  'chat.welcomeText': '请在这里给我们留言。您可以随时离开再回来，内容不会丢失。',
  'chat.write': '输入消息',
  'chat.ended': '此对话已结束。您的下一条消息将开始新的对话。',
  'chat.close': '关闭聊天',
  'chat.end': '结束',
  'chat.endTitle': '结束此对话？',
  'chat.endText': '客服会看到对话已结束。您可以随时开始新的对话。',
  'chat.endAction': '结束对话',

  'rating.question': '这次对话怎么样？',
  'rating.comment': '还有什么想说的？',
  'rating.send': '提交评价',
  'rating.thanks': '谢谢：{score} 分（满分 5 分）。',
  'rating.change': '修改',
  'transcript.save': '将对话保存为文件',

  'launcher.open': '打开客服聊天',
  'launcher.openUnread': { other: '打开客服聊天，{count} 条未读消息' },
  'launcher.close': '关闭客服聊天',
} satisfies ChatCatalogue<'other'>
